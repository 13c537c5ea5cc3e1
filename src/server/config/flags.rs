//! The settings, each as it is said.

use clap::{Args, Command};

/// The flags of `hallpass serve`. Every one is an environment variable as well. All are text here, so that a bad value is
/// reported by its variable, with all the others, and a secret never.
#[derive(Args, Clone, Default)]
pub struct Flags {
    /// Address to listen on; port 0 picks a free one and logs it
    #[arg(long, env = "HALLPASS_ADDR", default_value = "127.0.0.1:3000", value_name = "ADDRESS:PORT")]
    pub addr: String,
    /// The origin people use; https unless the host is this machine [default: http://localhost:PORT]
    #[arg(long, env = "HALLPASS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Address to serve Prometheus metrics on, for the operator alone; port 0 picks a free one and logs it [default: none]
    #[arg(long, env = "HALLPASS_METRICS_ADDR", value_name = "ADDRESS:PORT")]
    pub metrics_addr: Option<String>,
    /// Reverse proxies whose X-Forwarded-For is believed, as addresses and networks with commas between [default: none]
    #[arg(long, env = "HALLPASS_TRUSTED_PROXIES", value_name = "ADDRESSES")]
    pub trusted_proxies: Option<String>,
    /// Folder for the SQLite file and the generated secret
    #[arg(long, env = "HALLPASS_DATA_DIR", default_value = "data", value_name = "FOLDER")]
    pub data_dir: String,
    /// The database, as `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME` [default: hallpass.db in the data folder]
    #[arg(long, env = "HALLPASS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// PostgreSQL: how many connections at most
    #[arg(long, env = "HALLPASS_DATABASE_POOL", default_value = "10", value_name = "NUMBER")]
    pub database_pool: String,
    /// PostgreSQL: how long a statement may take
    #[arg(long, env = "HALLPASS_DATABASE_TIMEOUT", default_value = "5s", value_name = "TIME")]
    pub database_timeout: String,
    /// PostgreSQL: how long to wait for a connection
    #[arg(long, env = "HALLPASS_DATABASE_CONNECT_TIMEOUT", default_value = "3s", value_name = "TIME")]
    pub database_connect_timeout: String,
    /// The server's secret, at least 32 bytes [default: generated once into the data folder]
    #[arg(long, env = "HALLPASS_SECRET", value_name = "TEXT", hide_env_values = true)]
    pub secret: Option<String>,
    /// A file with the server's secret, instead of the secret itself
    #[arg(long, env = "HALLPASS_SECRET_FILE", value_name = "FILE")]
    pub secret_file: Option<String>,
    /// The secret that will follow, accepted already; for several instances that are restarted one by one [default: none]
    #[arg(long, env = "HALLPASS_SECRET_NEXT", value_name = "TEXT", hide_env_values = true)]
    pub secret_next: Option<String>,
    /// A file with the secret that will follow
    #[arg(long, env = "HALLPASS_SECRET_NEXT_FILE", value_name = "FILE")]
    pub secret_next_file: Option<String>,
    /// The secret before, accepted until a time [default: none]
    #[arg(long, env = "HALLPASS_SECRET_PREVIOUS", value_name = "TEXT", hide_env_values = true)]
    pub secret_previous: Option<String>,
    /// A file with the secret before
    #[arg(long, env = "HALLPASS_SECRET_PREVIOUS_FILE", value_name = "FILE")]
    pub secret_previous_file: Option<String>,
    /// Until when the secret before is accepted, such as 2027-01-31T12:00:00Z
    #[arg(long, env = "HALLPASS_SECRET_PREVIOUS_UNTIL", value_name = "TIME")]
    pub secret_previous_until: Option<String>,
    /// How long a key signs access tokens before the next one does; never: until `hallpass key rotate`
    #[arg(long, env = "HALLPASS_KEY_ROTATION", default_value = "30d", value_name = "TIME|never")]
    pub key_rotation: String,
    /// How long an access token lives
    #[arg(long, env = "HALLPASS_ACCESS_TTL", default_value = "15m", value_name = "TIME")]
    pub access_ttl: String,
    /// A session not refreshed this long ends
    #[arg(long, env = "HALLPASS_IDLE_TTL", default_value = "7d", value_name = "TIME")]
    pub idle_ttl: String,
    /// A session ends then, whatever happens
    #[arg(long, env = "HALLPASS_ABSOLUTE_TTL", default_value = "30d", value_name = "TIME")]
    pub absolute_ttl: String,
    /// How long a new refresh token takes to settle before its parent is dead; 0s is strict mode
    #[arg(long, env = "HALLPASS_ROTATION_SETTLE", default_value = "120s", value_name = "TIME")]
    pub rotation_settle: String,
    /// How long an ended session is kept, to explain itself to whoever comes with it
    #[arg(long, env = "HALLPASS_SESSION_RETENTION", default_value = "30d", value_name = "TIME")]
    pub session_retention: String,
    /// How long is kept what happened to an account, for its person to read
    #[arg(long, env = "HALLPASS_EVENT_RETENTION", default_value = "365d", value_name = "TIME")]
    pub event_retention: String,
    /// Whether people may make accounts: open or closed
    #[arg(long, env = "HALLPASS_SIGNUP", default_value = "open", value_name = "open|closed")]
    pub signup: String,
    /// Whom to tell of a weakness, for /.well-known/security.txt, as a URI such as mailto:security@example.com [default: none]
    #[arg(long, env = "HALLPASS_SECURITY_CONTACT", value_name = "URI")]
    pub security_contact: Option<String>,
    /// How long a server that was told to stop goes on taking connections while /readyz says that it stops
    #[arg(long, env = "HALLPASS_DRAIN", default_value = "0s", value_name = "TIME")]
    pub drain: String,
}

impl Flags {
    /// The name of every setting's variable.
    pub fn variables() -> Vec<String> {
        let command = Self::augment_args(Command::new("settings"));
        let variables = command.get_arguments().filter_map(|setting| setting.get_env()?.to_str().map(str::to_owned));
        variables.collect()
    }
}
