//! The data folder, and that it is one process's.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use anyhow::Context;

/// The data folder, held by this process alone for as long as this lives. The system lets go of it when the process
/// ends, however it ends.
#[derive(Debug)]
pub struct DataDir {
    _lock: File,
}

impl DataDir {
    /// Takes the folder, which is there already.
    ///
    /// # Errors
    /// One sentence: it cannot be written to, or another process has it.
    pub fn take(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("helpdesk.lock"))
            .with_context(|| format!("the data folder {shown} cannot be written to (HELPDESK_DATA_DIR)"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "another helpdesk is running on the data folder {shown}: end it, or set HELPDESK_DATA_DIR"
            ),
            Err(TryLockError::Error(fault)) => {
                Err(fault).with_context(|| format!("the data folder {shown} cannot be locked"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_belongs_to_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::take(folder.path()).unwrap();
        let fault = DataDir::take(folder.path()).unwrap_err().to_string();
        assert!(fault.starts_with("another helpdesk is running on the data folder "), "{fault}");
        drop(first);
        DataDir::take(folder.path()).unwrap();
    }
}
