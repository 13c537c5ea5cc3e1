use super::*;

/// What is said where nothing is.
pub fn flags() -> Flags {
    Flags {
        addr: "127.0.0.1:3000".into(),
        data_dir: "data".into(),
        database_pool: "10".into(),
        database_timeout: "5s".into(),
        database_connect_timeout: "3s".into(),
        key_rotation: "30d".into(),
        access_ttl: "15m".into(),
        idle_ttl: "7d".into(),
        absolute_ttl: "30d".into(),
        rotation_settle: "120s".into(),
        session_retention: "30d".into(),
        event_retention: "365d".into(),
        drain: "0s".into(),
        signup: "open".into(),
        ..Flags::default()
    }
}

fn understand(flags: &Flags) -> Result<Config, ConfigErrors> {
    Config::understand(flags, ["PATH", "HALLPASS_ADDR"].into_iter())
}

/// What is said about a change, as the operator reads it.
fn complaint(change: impl FnOnce(&mut Flags)) -> String {
    let mut flags = flags();
    change(&mut flags);
    understand(&flags).err().map(|errors| errors.to_string()).unwrap_or_default()
}

#[test]
fn the_defaults_make_sense() {
    let config = understand(&flags()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((config.access_ttl, config.idle_ttl, config.settle), (900_000, 604_800_000, 120_000));
    assert_eq!(config.public_url(4711), "http://localhost:4711");
}

#[test]
fn a_public_url_is_an_origin_as_a_browser_writes_it() {
    for (given, understood) in [
        ("https://example.com", "https://example.com"),
        ("https://Example.COM/", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("https://example.com:8443", "https://example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://app.localhost", "http://app.localhost"),
    ] {
        let mut flags = flags();
        flags.public_url = Some(given.into());
        let config = understand(&flags).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(config.public_url(1), understood);
    }
    for (given, why) in [
        ("", "is no URL"),
        ("example.com", "is no URL"),
        ("http://example.com", "is not https"),
        ("http://localhost.example.com", "is not https"),
        ("https://example.com/path", "has a path"),
        ("https://example.com?x=y", "has a path"),
        ("https://user:secret@example.com", "holds a username"),
        ("ftp://example.com", "neither http nor https"),
    ] {
        let said = complaint(|flags| flags.public_url = Some(given.into()));
        assert!(said.contains("HALLPASS_PUBLIC_URL") && said.contains(why), "{given}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn times_are_in_whole_seconds_within_bounds() {
    for (given, why) in [
        ("15", "is no time"),
        ("", "is no time"),
        ("-5m", "is no time"),
        ("1500ms", "not in whole seconds"),
        ("0s", "too short"),
        ("2d", "too long"),
        ("99999999999999y", "is no time"),
    ] {
        let said = complaint(|flags| flags.access_ttl = given.into());
        assert!(said.contains("HALLPASS_ACCESS_TTL") && said.contains(why), "{given}: {said}");
        assert!(said.contains("allowed: a time from 1s to 1d"), "{said}");
    }
    assert_eq!(complaint(|flags| flags.rotation_settle = "0s".into()), "", "strict mode");
    let said = complaint(|flags| (flags.session_retention, flags.event_retention) = ("1h".into(), "11y".into()));
    assert!(said.contains("HALLPASS_SESSION_RETENTION is \"1h\", which is too short"), "{said}");
    assert!(said.contains("HALLPASS_EVENT_RETENTION is \"11y\", which is too long"), "{said}");
}

#[test]
fn a_database_url_names_a_file_or_postgresql_and_its_password_is_not_repeated() {
    for given in ["postgres://user:hunter2@db:port/app", "postgres://hunter2@[/app"] {
        let said = complaint(|flags| flags.database_url = Some(given.into()));
        assert!(
            said.contains("HALLPASS_DATABASE_URL is no URL of a PostgreSQL") && !said.contains("hunter2"),
            "{said}"
        );
    }
    assert_eq!(complaint(|flags| flags.database_url = Some("postgres://user:hunter2@db/app".into())), "");
    assert!(complaint(|flags| flags.database_pool = "1".into()).contains("HALLPASS_DATABASE_POOL is \"1\""));
    assert!(complaint(|flags| flags.database_timeout = "0s".into()).contains("HALLPASS_DATABASE_TIMEOUT"));
    for given in ["", "sqlite:", "mysql://x", "sqlite::memory:", "sqlite:x?mode=ro"] {
        assert!(complaint(|flags| flags.database_url = Some(given.into())).contains("does not name a file"), "{given}");
    }
    for given in ["sqlite:/var/lib/x.db", "sqlite:///var/lib/x.db", "sqlite:x.db"] {
        assert_eq!(complaint(|flags| flags.database_url = Some(given.into())), "", "{given}");
    }
}

#[test]
fn metrics_are_off_unless_they_have_an_address_of_their_own() {
    assert_eq!(understand(&flags()).unwrap_or_else(|errors| panic!("{errors}")).metrics_addr, None);
    assert_eq!(complaint(|flags| flags.metrics_addr = Some("127.0.0.1:9090".into())), "");
    let said = complaint(|flags| flags.metrics_addr = Some(flags.addr.clone()));
    assert!(said.contains("HALLPASS_METRICS_ADDR is \"127.0.0.1:3000\", and so is HALLPASS_ADDR"), "{said}");
    assert!(complaint(|flags| flags.metrics_addr = Some("9090".into())).contains("is no address to listen on"));
}

#[test]
fn a_proxy_that_is_none_is_said_by_name() {
    assert_eq!(complaint(|flags| flags.trusted_proxies = Some("127.0.0.1, 10.0.0.0/8,::1".into())), "");
    for (given, why) in [
        ("nginx", "names \"nginx\", which is no address"),
        ("", "names \"\", which is no address"),
        ("10.0.0.1, ", "names \"\", which is no address"),
        ("10.0.0.0/33", "names \"10.0.0.0/33\", which is no network"),
        ("0.0.0.0/0", "names \"0.0.0.0/0\", which is everybody"),
    ] {
        let said = complaint(|flags| flags.trusted_proxies = Some(given.into()));
        assert!(said.contains(&format!("HALLPASS_TRUSTED_PROXIES {why}")), "{given}: {said}");
    }
}

#[test]
fn whom_to_tell_of_a_weakness_is_a_uri_in_one_line() {
    for given in ["mailto:security@example.com", "https://example.com/report", "tel:+1-201-555-0123"] {
        assert_eq!(complaint(|flags| flags.security_contact = Some(given.into())), "", "{given}");
    }
    for given in
        ["", "security@example.com", "mailto:", "http://example.com", "mailto:a@b.c\nExpires: never", "mailto:a b"]
    {
        let said = complaint(|flags| flags.security_contact = Some(given.into()));
        assert!(said.contains("HALLPASS_SECURITY_CONTACT is"), "{given}: {said}");
    }
}

#[test]
fn a_secret_is_never_repeated() {
    let said = complaint(|flags| flags.secret = Some("hunter2-hunter2".into()));
    assert!(said.contains("HALLPASS_SECRET has 15 bytes") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_previous_secret_has_an_end_and_is_not_repeated() {
    let previous = "the secret before, 32 bytes at least";
    let said = complaint(|flags| flags.secret_previous = Some(previous.into()));
    assert!(said.contains("HALLPASS_SECRET_PREVIOUS_UNTIL is not set"), "{said}");
    let said = complaint(|flags| flags.secret_previous_until = Some("2027-01-31T12:00:00Z".into()));
    assert!(said.contains("HALLPASS_SECRET_PREVIOUS_UNTIL is set, and there is no previous"), "{said}");
    for until in ["7d", "tomorrow", "2027-01-31", ""] {
        let both = |flags: &mut Flags| {
            (flags.secret_previous, flags.secret_previous_until) = (Some(previous.into()), Some(until.into()));
        };
        let said = complaint(both);
        assert!(said.contains("which is no time") && said.contains("2027-01-31T12:00:00Z"), "{until}: {said}");
    }
    let good = |flags: &mut Flags| {
        (flags.secret_previous, flags.secret_previous_until) =
            (Some(previous.into()), Some("2027-01-31T12:00:00Z".into()));
        flags.secret_next = Some("the secret to come, 32 bytes at least".into());
    };
    assert_eq!(complaint(good), "");
    for said in [
        complaint(|flags| flags.secret_next = Some("hunter2-hunter2".into())),
        complaint(|flags| flags.secret_previous = Some("hunter2-hunter2".into())),
    ] {
        assert!(said.contains("has 15 bytes") && !said.contains("hunter2"), "{said}");
    }
    let said =
        complaint(|flags| (flags.secret_next, flags.secret_next_file) = (Some(previous.into()), Some("/x".into())));
    assert!(said.contains("HALLPASS_SECRET_NEXT is set, and so is HALLPASS_SECRET_NEXT_FILE"), "{said}");
}

#[test]
fn keys_rotate_by_a_schedule_or_never() {
    for (given, understood) in [("30d", Some(2_592_000_000)), ("1h", Some(3_600_000)), ("never", None), ("0", None)] {
        let config = understand(&Flags { key_rotation: given.into(), ..flags() });
        assert_eq!(config.unwrap_or_else(|errors| panic!("{errors}")).key_rotation, understood, "{given}");
    }
    for given in ["59m", "11y", "soon", ""] {
        assert!(complaint(|flags| flags.key_rotation = given.into()).contains("HALLPASS_KEY_ROTATION"), "{given}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_unknown_variables_with_it() {
    let mut flags = flags();
    (flags.addr, flags.signup) = ("here".into(), "maybe".into());
    let variables = ["HALLPASS_SIGN_UP", "HALLPASS_SIGNUP", "HOME"];
    let said =
        Config::understand(&flags, variables.into_iter()).err().map(|errors| errors.to_string()).unwrap_or_default();
    for word in
        ["HALLPASS_ADDR is \"here\"", "HALLPASS_SIGNUP is \"maybe\"", "HALLPASS_SIGN_UP is set, and means nothing"]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
}
