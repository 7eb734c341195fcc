//! The IDs in a request's path, and the values in its query.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::answer::{Code, Refusal};
use crate::ids::parse_uuid;
use crate::shared::App;

/// The IDs of a path, each a UUID in lower case; the project is one that exists.
#[derive(Debug)]
pub(crate) struct Ids {
    project: String,
    /// The batch or job that follows the project, if the path names one.
    other: Option<String>,
}

impl Ids {
    /// The project alone.
    pub(crate) fn project(self) -> String {
        self.project
    }

    /// The project and the batch or job in it.
    pub(crate) fn pair(self) -> Result<(String, String), Refusal> {
        let other = self.other.ok_or_else(|| Refusal::new(Code::Malformed, "the path names no batch or job"))?;
        Ok((self.project, other))
    }
}

impl FromRequestParts<App> for Ids {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|error| Refusal::new(Code::Malformed, format!("the path cannot be read: {error}")))?;
        let mut ids = Ids { project: String::new(), other: None };
        for (name, value) in &params {
            let uuid = parse_uuid(value)
                .ok_or_else(|| Refusal::new(Code::Malformed, format!("{name} `{value}` in the path is not a UUID")))?;
            if name == "project_id" {
                ids.project = uuid;
            } else {
                ids.other = Some(uuid);
            }
        }
        if app.projects.as_ref().is_some_and(|known| !known.contains(&ids.project)) {
            return Err(Refusal::new(Code::Unauthorized, format!("no access to project {}", ids.project)));
        }
        Ok(ids)
    }
}

/// A value of the query, decoded; one that stands twice is refused.
pub(crate) fn query_value(query: Option<&str>, name: &str) -> Result<Option<String>, Refusal> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Refusal::new(Code::Malformed, format!("{name} stands twice in the query"))),
    }
}
