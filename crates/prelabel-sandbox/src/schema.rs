//! The ledger's file and its tables.
//!
//! ```sql
#![doc = include_str!("schema.sql")]
//! ```

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::SandboxError;

const VERSION: i64 = 1;

/// Opens the file, and makes it if it is not there.
pub(crate) fn open(path: &Path) -> Result<Connection, SandboxError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // A rollback journal works on every file system, and an answer means that the job is on the disk.
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Two sandboxes may start on one folder at once: the second waits here.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == 0 {
        transaction.execute_batch(include_str!("schema.sql"))?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    } else if found != VERSION {
        return Err(SandboxError::LedgerVersion { path: path.to_owned(), found, expected: VERSION });
    }
    transaction.commit()?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_of_another_version_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.sqlite");
        drop(open(&path).unwrap());
        open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
        assert!(open(&path).unwrap_err().to_string().contains("layout 7"));
    }
}
