//! Files beside the model's that hold its tensors' elements.

use std::collections::BTreeMap;

use super::model::External;

/// Contents of the files that come with a model, by file name.
#[derive(Debug, Clone, Default)]
pub struct ExternalFiles<'a>(BTreeMap<&'a str, &'a [u8]>);

impl<'a> FromIterator<(&'a str, &'a [u8])> for ExternalFiles<'a> {
    /// Files by name or path; folders are ignored.
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a [u8])>>(files: I) -> Self {
        let named = files
            .into_iter()
            .map(|(path, bytes)| (file_name(path), bytes));
        Self(named.collect())
    }
}

impl<'a> ExternalFiles<'a> {
    /// The bytes that `external` refers to, or why there are none.
    pub(super) fn bytes_of(&self, external: &External<'_>) -> Result<&'a [u8], String> {
        let name = file_name(external.location);
        let Some(&file) = self.0.get(name) else {
            return Err(format!(
                "its elements are in the file \"{name}\", which is missing"
            ));
        };
        let start = usize::try_from(external.offset).ok();
        let end = match external.length {
            None => Some(file.len()),
            Some(length) => {
                let length = usize::try_from(length).ok();
                start.and_then(|start| start.checked_add(length?))
            }
        };
        let range = start.and_then(|start| file.get(start..end?));
        range.ok_or_else(|| {
            let length = external
                .length
                .map_or_else(String::new, |length| format!("{length} "));
            format!(
                "its elements are {length}bytes from byte {} of the file \"{name}\", which has {}",
                external.offset,
                file.len()
            )
        })
    }
}

/// The last part of a path, of either kind of system.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(location: &str, offset: u64, length: Option<u64>) -> Result<&'static [u8], String> {
        let files: ExternalFiles<'static> = [("folder/a.data", &b"0123456789"[..])]
            .into_iter()
            .collect();
        files.bytes_of(&External {
            location,
            offset,
            length,
        })
    }

    #[test]
    fn files_are_found_by_name() {
        assert_eq!(bytes_of("a.data", 0, None), Ok(&b"0123456789"[..]));
        assert_eq!(bytes_of("./elsewhere/a.data", 2, Some(3)), Ok(&b"234"[..]));
        assert_eq!(bytes_of("C:\\nets\\a.data", 10, Some(0)), Ok(&b""[..]));
    }

    #[test]
    fn the_missing_file_and_the_short_file_are_named() {
        assert_eq!(
            bytes_of("nets/b.data", 0, None),
            Err("its elements are in the file \"b.data\", which is missing".to_owned())
        );
        assert_eq!(
            bytes_of("a.data", 8, Some(3)),
            Err(
                "its elements are 3 bytes from byte 8 of the file \"a.data\", which has 10"
                    .to_owned()
            )
        );
        for (offset, length) in [(11, None), (1, Some(u64::MAX)), (u64::MAX, Some(2))] {
            assert!(bytes_of("a.data", offset, length).is_err());
        }
    }
}
