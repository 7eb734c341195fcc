//! What the journal's file lies on. SQLite's write-ahead log needs memory that all its users share, which a network file
//! system cannot give; there the older rollback journal is right.

use std::path::Path;

/// Whether `path` lies on a file system of a network or of FUSE, as far as this operating system tells.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(super) fn is_on_network(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|found| u32::try_from(found.f_type & 0xffff_ffff).is_ok_and(is_network))
}

/// Whether `path` lies on a file system of a network or of FUSE, as far as this operating system tells.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(super) fn is_on_network(_path: &Path) -> bool {
    false
}

/// The kernel's magic numbers: NFS, SMB, CIFS, SMB2, FUSE, 9p, Lustre, GPFS, Ceph, AFS.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn is_network(magic: u32) -> bool {
    matches!(
        magic,
        0x6969
            | 0x517b
            | 0xff53_4d42
            | 0xfe53_4d42
            | 0x6573_5546
            | 0x0102_1997
            | 0x0bd0_0bd0
            | 0x4750_4653
            | 0x00c3_6400
            | 0x5346_414f
    )
}

#[cfg(all(test, target_os = "linux", target_pointer_width = "64"))]
mod tests {
    use super::*;

    #[test]
    fn a_pseudo_file_system_is_no_network_and_nfs_is_one() {
        assert!(!is_on_network(Path::new("/proc")));
        assert!(!is_on_network(Path::new("/no/such/path")));
        assert!(is_network(0x6969));
    }
}
