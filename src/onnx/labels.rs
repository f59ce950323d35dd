//! Names of a network's classes.

use serde_json::Value;

use super::literal::parse_strings;
use super::model::Metadata;
use crate::error::Error;

/// Keys of a model's metadata under which exporters store labels: Ultralytics, PaddleOCR, Hugging
/// Face, and what people choose themselves.
const KEYS: [&str; 7] = [
    "names",
    "character",
    "id2label",
    "labels",
    "classes",
    "class_names",
    "class_labels",
];

/// The labels in a model's metadata, in the order of the classes; `None` when there are none.
///
/// # Errors
/// `network-corrupt` when there are labels, and some class has none or several.
pub fn labels_from_metadata(metadata: &Metadata<'_>) -> Result<Option<Vec<String>>, Error> {
    let entries = KEYS
        .iter()
        .filter_map(|key| metadata.iter().find(|(found, _)| found == key));
    let mut texts = entries
        .map(|(_, text)| text.trim())
        .filter(|text| !text.is_empty());
    texts.next().map(labels_from_text).transpose()
}

/// The labels in a file, in the order of the classes: a JSON file, or a text file with a label on
/// each line.
///
/// JSON files may be a list of labels; an object of index and label (ImageNet's
/// `{"0": ["n01440764", "tench"]}` too), or of label and index; or an object that has one of these
/// as `labels` (Teachable Machine), `id2label` (Hugging Face), `names` or `classes`. Lines may begin
/// with their index or with an ImageNet synset.
///
/// # Errors
/// `network-corrupt` when the file is neither, or when some class has no label or several.
pub fn labels_from_file(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| corrupt("the labels are not UTF-8"))?;
    labels_from_text(text.trim_start_matches('\u{feff}'))
}

fn labels_from_text(text: &str) -> Result<Vec<String>, Error> {
    if let Ok(value @ (Value::Array(_) | Value::Object(_))) =
        serde_json::from_slice(text.as_bytes())
    {
        return labels_from_json(&value);
    }
    match parse_strings(text) {
        Some(strings) => in_order(strings),
        None => labels_from_lines(text),
    }
}

fn labels_from_json(value: &Value) -> Result<Vec<String>, Error> {
    let object = match value {
        Value::Array(labels) => {
            let label = |label| label_of(label).ok_or_else(|| corrupt("a label is no text"));
            return not_empty(labels.iter().map(label).collect::<Result<_, _>>()?);
        }
        Value::Object(object) => object,
        _ => return Err(corrupt("the labels are no list")),
    };
    if let Some(inner) = KEYS.iter().find_map(|&key| object.get(key)) {
        let is_list = matches!(inner, Value::Array(_) | Value::Object(_));
        if is_list {
            return labels_from_json(inner);
        }
    }
    let by_index = |(key, label): (&String, &Value)| Some((key.parse().ok()?, label_of(label)?));
    let by_label = |(label, index): (&String, &Value)| {
        Some((usize::try_from(index.as_u64()?).ok()?, label.clone()))
    };
    let pairs: Option<Vec<_>> = object.iter().map(by_index).collect();
    let pairs = pairs.or_else(|| object.iter().map(by_label).collect());
    in_order(pairs.ok_or_else(|| corrupt("the JSON file has no labels"))?)
}

/// A text, or the last text of a list such as ImageNet's `["n01440764", "tench"]`.
fn label_of(value: &Value) -> Option<String> {
    match value {
        Value::String(label) => Some(label.clone()),
        Value::Array(list) => Some(list.last()?.as_str()?.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Labels with the indices of their classes, which should be 0, 1, 2 and so on.
fn in_order(pairs: Vec<(usize, String)>) -> Result<Vec<String>, Error> {
    let mut labels = vec![None; pairs.len()];
    for (index, label) in pairs {
        // Where an index is too large, a smaller one is missing.
        if let Some(place) = labels.get_mut(index)
            && place.replace(label).is_some()
        {
            return Err(corrupt(&format!("class {index} has two labels")));
        }
    }
    let label = |(index, label): (usize, Option<String>)| {
        label.ok_or_else(|| corrupt(&format!("class {index} has no label")))
    };
    not_empty(
        labels
            .into_iter()
            .enumerate()
            .map(label)
            .collect::<Result<_, _>>()?,
    )
}

fn labels_from_lines(text: &str) -> Result<Vec<String>, Error> {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim).collect();
    if lines
        .iter()
        .any(|line| line.is_empty() || line.contains('\0'))
    {
        return Err(corrupt("a class has no label, or the file is no text"));
    }
    let is_synset = |word: &str| {
        let digits = word.strip_prefix('n').unwrap_or_default();
        digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    let without_synset = |line: &&'_ str| {
        let (word, label) = line.split_once([' ', '\t'])?;
        is_synset(word).then(|| label.trim().to_owned())
    };
    let without_index = |(index, line): (usize, &&str)| {
        let rest = line.strip_prefix(&index.to_string())?;
        let label = rest.strip_prefix([' ', '\t', ':', ','])?.trim();
        (!label.is_empty()).then(|| label.to_owned())
    };
    let known: Option<Vec<String>> = lines.iter().map(without_synset).collect();
    let known = known.or_else(|| lines.iter().enumerate().map(without_index).collect());
    not_empty(known.unwrap_or_else(|| lines.into_iter().map(str::to_owned).collect()))
}

fn not_empty(labels: Vec<String>) -> Result<Vec<String>, Error> {
    if labels.is_empty() {
        return Err(corrupt("there are no labels"));
    }
    Ok(labels)
}

#[cold]
#[inline(never)]
fn corrupt(what: &str) -> Error {
    Error::NetworkCorrupt(what.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        labels_from_file(text.as_bytes()).unwrap()
    }

    #[test]
    fn labels_of_text_files() {
        assert_eq!(
            labels("tabby, tabby cat\nEgyptian cat\r\n\n"),
            ["tabby, tabby cat", "Egyptian cat"]
        );
        assert_eq!(
            labels("\u{feff}0 Class 1\n1 Class 2\n"),
            ["Class 1", "Class 2"]
        );
        assert_eq!(
            labels("n01440764 tench, Tinca tinca\nn01443537 goldfish"),
            ["tench, Tinca tinca", "goldfish"]
        );
        // Digits are labels, not indices.
        assert_eq!(labels("0\n90\n180\n270"), ["0", "90", "180", "270"]);
        assert_eq!(labels("0\n1\n2"), ["0", "1", "2"]);
    }

    #[test]
    fn labels_of_json_files() {
        for text in [
            r#"["cat", "dog"]"#,
            r#"{"1": "dog", "0": "cat"}"#,
            r#"{"0": ["n01440764", "cat"], "1": ["n01443537", "dog"]}"#,
            r#"{"cat": 0, "dog": 1}"#,
            r#"{"labels": ["cat", "dog"], "imageSize": 224}"#,
            r#"{"id2label": {"0": "cat", "1": "dog"}, "architectures": []}"#,
        ] {
            assert_eq!(labels(text), ["cat", "dog"], "{text}");
        }
        assert_eq!(
            labels(
                r#"{"10": "k", "0": "a", "1": "b", "2": "c", "3": "d", "4": "e", "5": "f",
            "6": "g", "7": "h", "8": "i", "9": "j"}"#
            )[9..],
            ["j", "k"]
        );
    }

    #[test]
    fn labels_of_metadata() {
        let from = |key: &'static str, text: &'static str| {
            let metadata = vec![
                ("author".into(), "Ultralytics".into()),
                (key.into(), text.into()),
            ];
            labels_from_metadata(&metadata).unwrap()
        };
        let expected = |labels: &[&str]| Some(labels.iter().map(|&l| l.to_owned()).collect());
        assert_eq!(
            from("names", "{0: 'cat', 1: \"dog's\"}"),
            expected(&["cat", "dog's"])
        );
        assert_eq!(
            from("character", "0\n90\n180\n270"),
            expected(&["0", "90", "180", "270"])
        );
        assert_eq!(from("id2label", "{\"0\": \"cat\"}"), expected(&["cat"]));
        assert_eq!(from("description", "a, b"), None);
        assert_eq!(from("names", ""), None);
    }

    #[test]
    fn wrong_labels_are_refused() {
        for (text, what) in [
            (
                &b"{\"0\": \"cat\", \"2\": \"dog\"}"[..],
                "class 1 has no label",
            ),
            (b"{\"1\": \"cat\"}", "class 0 has no label"),
            (
                b"{\"0\": \"cat\", \"00\": \"dog\"}",
                "class 0 has two labels",
            ),
            (b"{0: 'cat', 4000000000: 'dog'}", "class 1 has no label"),
            (b"cat\n\ndog", "a class has no label"),
            (b"", "there are no labels"),
            (b"[]", "there are no labels"),
            (b"{\"a\": {\"b\": 1}}", "no labels"),
            (b"[[]]", "a label is no text"),
            (b"cat\xff", "not UTF-8"),
        ] {
            let error = labels_from_file(text).unwrap_err();
            assert_eq!(error.code(), "network-corrupt");
            assert!(error.detail().contains(what), "{error}");
        }
    }
}
