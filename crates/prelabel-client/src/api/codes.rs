//! The platform's error codes: what each means and what to do about it.

use std::fmt;

/// What a code says about the request that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consequence {
    /// The key or its rights: every other request would fail alike.
    Auth,
    /// A job of that name exists already.
    Duplicate,
    /// The request is wrong and was not done.
    Refused,
    /// The platform cannot say what it did.
    TheirFault,
}

macro_rules! codes {
    ($($name:ident = $($text:literal)|+, $consequence:ident, $meaning:literal, $advice:literal;)*) => {
        /// A code of the platform's error answers.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = $meaning] $name,)*
            /// A code that is not documented.
            Other(String),
        }

        impl ErrorCode {
            /// Every documented code.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name),*];

            /// Reads a code as the platform writes it.
            pub fn parse(text: &str) -> Self {
                match text {
                    $($($text)|+ => ErrorCode::$name,)*
                    other => ErrorCode::Other(crate::safe_url::scrub(other)),
                }
            }

            /// The code as the platform writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(ErrorCode::$name => [$($text),+][0],)*
                    ErrorCode::Other(text) => text,
                }
            }

            /// What it says about the request.
            pub fn consequence(&self) -> Consequence {
                match self {
                    $(ErrorCode::$name => Consequence::$consequence,)*
                    ErrorCode::Other(_) => Consequence::Refused,
                }
            }

            /// What it means.
            pub fn meaning(&self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $meaning,)*
                    ErrorCode::Other(_) => "A code that the platform does not document.",
                }
            }

            /// What to do about it.
            pub fn advice(&self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $advice,)*
                    ErrorCode::Other(_) => "read the message, and ask the platform's support what the code means",
                }
            }
        }
    };
}

codes! {
    AuthFailure = "auth-failure" | "core.webutil.token_auth", Auth,
        "The API key is wrong.", "check the API key, then run the same command again";
    Unauthorized = "unauthorized" | "core.webutil.auther", Auth,
        "The key gives no access to the project.", "check the project ID, and that the key belongs to its organisation";
    Duplicate = "FS_0001", Duplicate,
        "The reference ID is in use already.", "if that job is not yours, give yours another reference ID";
    ReferenceIdMissing = "FS_0002", Refused,
        "The reference ID is missing.", "write the job file again with `prelabel payload`";
    DataInvalid = "FS_0003", Refused,
        "The job's data is invalid.", "mend the fields that are named, then run the same command again";
    DataEmpty = "FS_0004", Refused,
        "The job's data is empty.", "write the job file again with `prelabel payload`";
    WorkflowMissing = "FS_0005", Refused,
        "The workflow ID is missing.", "give the workflow's ID, from the project's page in GT Studio";
    AttachmentUnreachable = "FS_0007", Refused,
        "An image or a mask could not be fetched or copied by the platform.",
        "check the URL's spelling, its expiry and the bucket's policy, then run the same command again";
    JobTypeInvalid = "FS_00011", Refused,
        "The job's type is neither TEST nor NON_TEST.", "mend the type, then run the same command again";
    PriorityInvalid = "FS_00012", Refused,
        "The priority weight is out of range.", "use a weight from 1 to 9";
    ParameterMalformed = "GE_0001", Refused,
        "A parameter is malformed, such as a batch ID that is not a UUID.", "check the IDs of batch, project and workflow";
    BatchExists = "BATCH_CREATION", Refused,
        "A batch of that name exists.", "use the existing batch by its ID, or choose another name";
    PageTokenInvalid = "invalid_request_error", Refused,
        "The page token is not valid.", "start the listing again";
    ServerFault = "FS_0000", TheirFault,
        "Something failed on the platform.", "run the same command again later";
    CopyFault = "FS_0008", TheirFault,
        "Something failed on the platform.", "run the same command again later";
    ApiFault = "api_error", TheirFault,
        "Something failed on the platform.", "run the same command again later";
}

impl ErrorCode {
    /// Whether the key or its rights are the matter.
    pub fn is_auth(&self) -> bool {
        self.consequence() == Consequence::Auth
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_says_what_to_do() {
        for code in ErrorCode::ALL {
            assert_eq!(&ErrorCode::parse(code.as_str()), code);
            assert!(code.advice().len() > 10 && code.meaning().ends_with('.'));
        }
        assert_eq!(ErrorCode::parse("core.webutil.auther"), ErrorCode::Unauthorized);
        assert_eq!(ErrorCode::parse("X_1").to_string(), "X_1");
        assert_eq!(ErrorCode::parse("X_1").consequence(), Consequence::Refused);
    }
}
