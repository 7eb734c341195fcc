//! Reading a request's body: bounded, JSON, and no key twice.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::answer::{Code, Refusal};

/// The largest body that is read.
pub(crate) const BODY_LIMIT: usize = 16 << 20;

/// How much more of a body that is too large is read and thrown away, so that the sender, who first
/// writes and then listens, gets to see the answer.
const DRAIN_LIMIT: usize = 4 * BODY_LIMIT;

/// The body as a JSON object.
pub(crate) async fn read_object(request: Request) -> Result<Map<String, Value>, Refusal> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_json =
        content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    let content_type = content_type.to_owned();
    let bytes = read_bytes(request.into_body()).await?;
    if !is_json {
        let message = format!("the content type is `{content_type}`, expected `application/json`");
        return Err(Refusal::new(Code::Malformed, message));
    }
    match serde_json::from_slice::<Strict>(&bytes) {
        Ok(Strict(Value::Object(object))) => Ok(object),
        Ok(_) => Err(Refusal::new(Code::Malformed, "the body is not a JSON object")),
        Err(error) => Err(Refusal::new(Code::Malformed, format!("the body is not JSON: {error}"))),
    }
}

/// A string of an object, if it is there and not null.
pub(crate) fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Refusal::new(Code::Malformed, format!("{name}: found {other}, expected a string"))),
    }
}

/// Like [`text`], but a blank one counts as missing.
pub(crate) fn filled_text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    Ok(text(object, name)?.filter(|text| !text.trim().is_empty()))
}

/// The bytes of a body, if they are not too many.
pub(crate) async fn read_bytes(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut seen = 0usize;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| Refusal::new(Code::Malformed, format!("the body ended early: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen <= BODY_LIMIT {
            bytes.extend_from_slice(&data);
        } else {
            bytes = Vec::new();
        }
        if seen > DRAIN_LIMIT {
            break;
        }
    }
    if seen > BODY_LIMIT {
        let message = format!("the body is larger than {BODY_LIMIT} bytes");
        return Err(Refusal::new(Code::Malformed, message));
    }
    Ok(bytes)
}

/// A JSON value in which no object has a key twice: `serde_json` would keep the last one silently,
/// and a legend with a colour twice would look whole.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(value)) = entries.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{key}` stands twice in one object")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_json_is_read_as_it_stands() {
        let text = r#"{"a": [1, -2, 0.5, null, true, "x"], "b": {"c": {}}}"#;
        let Strict(value) = serde_json::from_str(text).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_key_twice_is_named_however_deep() {
        let error = serde_json::from_str::<Strict>(r##"{"a": [{"#f23334": "x", "#f23334": "y"}]}"##).err().unwrap();
        assert!(error.to_string().contains("`#f23334` stands twice"), "{error}");
    }

    #[test]
    fn endless_nesting_is_an_error_not_a_crash() {
        assert!(serde_json::from_str::<Strict>(&"[".repeat(1_000_000)).is_err());
    }
}
