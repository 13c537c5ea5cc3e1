//! As much of JSON Schema as the document uses. A keyword that is not known here fails: it would go unjudged.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

/// What is wrong with a value, or with its schema.
pub type Verdict = Result<(), String>;

/// Whether a value is what a schema of the document says. Stricter than the standard in one thing: where members are named, there are no others.
pub fn judge(document: &Value, schema: &Value, value: &Value) -> Verdict {
    let schema = schema.as_object().ok_or("a schema is an object")?;
    for (keyword, said) in schema {
        let fits = match keyword.as_str() {
            "description" | "required" | "additionalProperties" | "propertyNames" => continue,
            "$ref" => {
                judge(document, referred(document, said)?, value)?;
                continue;
            }
            "type" => is_of(said, value)?,
            "enum" => said.as_array().is_some_and(|known| known.contains(value)),
            "format" => has_format(said, value)?,
            "pattern" => value.as_str().is_some_and(|text| may_match(said, text)),
            // Of numbers alone.
            "minimum" => value.as_f64().is_none_or(|value| Some(value) >= said.as_f64()),
            "items" => {
                for item in value.as_array().ok_or("items of what is no array")? {
                    judge(document, said, item)?;
                }
                continue;
            }
            "properties" => {
                members(document, schema, value.as_object().ok_or("members of what is no object")?)?;
                continue;
            }
            "oneOf" => {
                let fitting = said.as_array().ok_or("oneOf of what is no array")?.iter();
                fitting.filter(|one| judge(document, one, value).is_ok()).count() == 1
            }
            other => return Err(format!("{other} is not known here")),
        };
        if !fits {
            return Err(format!("{value} is against {keyword} {said}"));
        }
    }
    if let (Some(others), None) = (schema.get("additionalProperties"), schema.get("properties")) {
        for (name, member) in value.as_object().ok_or("members of what is no object")? {
            judge(document, others, member)?;
            judge(document, schema.get("propertyNames").unwrap_or(&Map::new().into()), &name.as_str().into())?;
        }
    }
    Ok(())
}

/// All that are needed are there, and each that is there is named and as it should be.
fn members(document: &Value, schema: &Map<String, Value>, value: &Map<String, Value>) -> Verdict {
    let named = schema["properties"].as_object().ok_or("properties are an object")?;
    for needed in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !value.contains_key(needed) {
            return Err(format!("there is no {needed}"));
        }
    }
    for (name, member) in value {
        let schema = named.get(name).ok_or_else(|| format!("{name} is not documented"))?;
        judge(document, schema, member).map_err(|wrong| format!("{name}: {wrong}"))?;
    }
    Ok(())
}

fn referred<'a>(document: &'a Value, to: &Value) -> Result<&'a Value, String> {
    let place = to.as_str().and_then(|to| to.strip_prefix('#')).ok_or("a reference to elsewhere")?;
    document.pointer(place).ok_or_else(|| format!("there is no {place}"))
}

/// One type, or one of several: `null` is one.
fn is_of(said: &Value, value: &Value) -> Result<bool, String> {
    if let Some(several) = said.as_array() {
        return several.iter().try_fold(false, |found, one| Ok(found || is_of(one, value)?));
    }
    Ok(match said.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => return Err(format!("{said} is no type")),
    })
}

fn has_format(said: &Value, value: &Value) -> Result<bool, String> {
    Ok(match said.as_str() {
        Some("uuid") => value.as_str().is_some_and(|text| Uuid::parse_str(text).is_ok()),
        Some("int32") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Some("int64") => value.is_i64() || value.is_u64(),
        Some("password") => value.is_string(),
        _ => return Err(format!("the format {said} is not known here")),
    })
}

/// A pattern that is a word is that word. Of another is asked that there is something.
fn may_match(pattern: &Value, text: &str) -> bool {
    let word = pattern.as_str().and_then(|pattern| pattern.strip_prefix('^')?.strip_suffix('$'));
    match word.filter(|word| word.chars().all(char::is_alphanumeric)) {
        Some(word) => text == word,
        None => !text.is_empty(),
    }
}

/// The places in the document of every `type` that a schema speaks of, as pointers.
pub fn types(document: &Value, schema: &str, found: &mut BTreeSet<String>) {
    let said = document.pointer(schema).unwrap().as_object().unwrap();
    if let Some(to) = said.get("$ref") {
        types(document, to.as_str().unwrap().trim_start_matches('#'), found);
    }
    if said.contains_key("type") && !found.insert(format!("{schema}/type")) {
        return;
    }
    let names = said.get("properties").and_then(Value::as_object).into_iter().flatten();
    let members = names.map(|(name, _)| format!("{schema}/properties/{name}"));
    let others =
        ["items", "additionalProperties", "propertyNames"].into_iter().filter(|keyword| said.contains_key(*keyword));
    for inner in members.chain(others.map(|keyword| format!("{schema}/{keyword}"))) {
        types(document, &inner, found);
    }
}

#[test]
fn what_is_not_as_the_schema_says_is_found() {
    let schema = json!({
        "type": "object", "required": ["id", "kind"], "properties": {
            "id": { "type": "string", "format": "uuid" }, "kind": { "$ref": "#/kind" }, "at": { "type": ["integer", "null"], "minimum": 0 },
            "list": { "type": "array", "items": { "oneOf": [{ "type": "null" }, { "type": "string", "pattern": "^Bearer$" }] } },
            "more": { "type": "object", "additionalProperties": { "type": "string" }, "propertyNames": { "type": "string" } },
        },
    });
    let document = json!({ "kind": { "type": "string", "enum": ["one", "two"] } });
    let id = "019a0000-0000-7000-8000-000000000000";
    for fine in [
        json!({ "id": id, "kind": "one" }),
        json!({ "id": id, "kind": "two", "at": 0, "list": [null, "Bearer"], "more": { "any": "text" } }),
        json!({ "id": id, "kind": "one", "at": null, "list": [], "more": {} }),
    ] {
        assert_eq!(judge(&document, &schema, &fine), Ok(()), "{fine}");
    }
    for wrong in [
        json!(null),
        json!([]),
        json!({ "id": id }),
        json!({ "id": "x", "kind": "one" }),
        json!({ "id": null, "kind": "one" }),
        json!({ "id": id, "kind": "three" }),
        json!({ "id": id, "kind": 1 }),
        json!({ "id": id, "kind": "one", "at": -1 }),
        json!({ "id": id, "kind": "one", "at": 1.5 }),
        json!({ "id": id, "kind": "one", "at": "1" }),
        json!({ "id": id, "kind": "one", "list": "Bearer" }),
        json!({ "id": id, "kind": "one", "list": ["bearer"] }),
        json!({ "id": id, "kind": "one", "list": [1] }),
        json!({ "id": id, "kind": "one", "more": { "any": 1 } }),
        json!({ "id": id, "kind": "one", "secret": "x" }),
    ] {
        assert!(judge(&document, &schema, &wrong).is_err(), "{wrong}");
    }
    assert!(judge(&document, &json!({ "type": "string", "maxLength": 1 }), &json!("x")).is_err(), "not known here");
}
