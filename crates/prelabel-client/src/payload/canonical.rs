//! JSON with sorted keys and no white space: equal values give equal bytes.

use serde_json::Value;

/// `value` on one line, the keys of every object sorted by their UTF-8 bytes.
///
/// Sorted here and not left to `serde_json`, whose order depends on a feature that any crate of a build may switch on.
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (index, (key, item)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(item, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth_and_text_is_escaped() {
        let value = serde_json::json!({"b": [{"z": 1, "a": null}], "a": "\"é\n", "B": 0.5});
        assert_eq!(canonical_json(&value), r#"{"B":0.5,"a":"\"é\n","b":[{"a":null,"z":1}]}"#);
    }
}
