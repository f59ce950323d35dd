//! Lists and dictionaries of strings as Python writes them. Exporters put such text into metadata.

/// The strings of a flat list `['a', "b"]` or dictionary `{0: 'a', 1: "b"}`, each with its key, or
/// its index in the list. `None` for any other text.
pub(super) fn parse_strings(text: &str) -> Option<Vec<(usize, String)>> {
    let text = text.trim();
    let (open, inner) = (text.get(..1)?, text.get(1..text.len().checked_sub(1)?)?);
    let is_list = match (open, text.get(text.len() - 1..)?) {
        ("[", "]") | ("(", ")") => true,
        ("{", "}") => false,
        _ => return None,
    };
    let mut strings = Vec::new();
    let mut rest = inner.trim_start();
    while !rest.is_empty() {
        let mut key = strings.len();
        if !is_list {
            let (text, after) = rest.split_once(':')?;
            key = text.trim().trim_matches(['\'', '"']).parse().ok()?;
            rest = after.trim_start();
        }
        let (string, after) = parse_string(rest)?;
        strings.push((key, string));
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    Some(strings)
}

/// The quoted string at the front of `text`, and what follows it.
fn parse_string(text: &str) -> Option<(String, &str)> {
    let mut characters = text.char_indices();
    let (_, quote) = characters
        .next()
        .filter(|(_, quote)| "'\"".contains(*quote))?;
    let mut string = String::new();
    while let Some((index, character)) = characters.next() {
        match character {
            _ if character == quote => return Some((string, &text[index + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => string.push('\n'),
                't' => string.push('\t'),
                kind @ ('x' | 'u') => {
                    let digits = if kind == 'x' { 2 } else { 4 };
                    let hexadecimal: String = characters
                        .by_ref()
                        .take(digits)
                        .map(|(_, digit)| digit)
                        .collect();
                    let code = u32::from_str_radix(&hexadecimal, 16).ok()?;
                    string.push(char::from_u32(code)?);
                }
                other => string.push(other),
            },
            _ => string.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Option<Vec<(usize, String)>> {
        parse_strings(text)
    }

    fn pairs(expected: &[(usize, &str)]) -> Option<Vec<(usize, String)>> {
        Some(
            expected
                .iter()
                .map(|&(key, text)| (key, text.to_owned()))
                .collect(),
        )
    }

    #[test]
    fn lists_and_dictionaries_are_read() {
        assert_eq!(strings("['', 'a.0']"), pairs(&[(0, ""), (1, "a.0")]));
        assert_eq!(
            strings("{0: 'tench', 2: \"great white's\", 1: 'a\\'b, {c}: \\u00e9\\x41'}"),
            pairs(&[(0, "tench"), (2, "great white's"), (1, "a'b, {c}: éA")])
        );
        assert_eq!(strings("{\"0\": \"a\", }"), pairs(&[(0, "a")]));
        assert_eq!(strings(" [] "), pairs(&[]));
    }

    #[test]
    fn other_text_is_not() {
        for text in [
            "",
            "[",
            "]",
            "é",
            "'a'",
            "['a'",
            "['a' 'b']",
            "['a\\",
            "{'a'}",
            "{x: 'a'}",
            "[1]",
        ] {
            assert_eq!(strings(text), None, "{text}");
        }
    }
}
