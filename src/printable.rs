//! Text that somebody else wrote, made safe to stand in a line of a terminal or a log: it can neither end the line nor speak to the terminal,
//! nor change the order in which it is read. Known by all, knows none.

use std::borrow::Cow;

/// The text with what cannot be seen escaped as `\u{..}`, and backslashes doubled, so that no two texts look the same for it.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c == '\\' || is_hidden(c)) {
        return text.into();
    }
    text.chars()
        .fold(String::new(), |mut shown, c| {
            match c {
                '\\' => shown.push_str("\\\\"),
                c if is_hidden(c) => shown.extend(c.escape_unicode()),
                c => shown.push(c),
            }
            shown
        })
        .into()
}

/// Controls, what separates lines, what has no width, and what turns the direction of writing (UAX #9).
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}'
        )
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_are_called_is_left_as_it_is() {
        for name in ["ada", "o'neil-smith_2", "Zoë", "李小龍", "מרים", "<b>\"bold\"</b>", "नेहा", "ada lovelace"]
        {
            assert_eq!(printable(name), name);
        }
    }

    #[test]
    fn nothing_ends_the_line_or_speaks_to_the_terminal() {
        for (text, shown) in [
            ("a\nuser_created", "a\\u{a}user_created"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{7f}\r\t\0", "a\\u{7f}\\u{d}\\u{9}\\u{0}"),
            ("a\u{202e}b\u{2028}c\u{200b}", "a\\u{202e}b\\u{2028}c\\u{200b}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn what_was_escaped_is_told_from_what_was_written_so() {
        assert_ne!(printable("\n"), printable("\\u{a}"));
    }
}
