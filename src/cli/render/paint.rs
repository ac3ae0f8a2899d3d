//! Colours: few, and only where they carry meaning.

use anstyle::{AnsiColor, Style};

/// Whether colours are printed.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Paint(pub(in crate::cli) bool);

/// What a colour says; [`Paint::tone`] has the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::cli) enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
    Odd,
    Dim,
    Strong,
    Name,
    Value,
}

impl Tone {
    pub(in crate::cli) fn of_verdict(status: &str) -> Self {
        match status {
            "valid" => Self::Good,
            "invalid" | "missing" | "undecodable_secret" => Self::Bad,
            "no_secret" => Self::Odd,
            _ => Self::Dim,
        }
    }

    pub(in crate::cli) const fn of_status(status: u16) -> Self {
        match status {
            200..300 => Self::Good,
            300..400 => Self::Odd,
            _ => Self::Bad,
        }
    }
}

impl Paint {
    /// The text as it is when colours are off, or the tone is plain.
    pub(in crate::cli) fn tone(self, tone: Tone, text: &str) -> String {
        let style = match tone {
            Tone::Plain => Style::new(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Bad => AnsiColor::Red.on_default(),
            Tone::Odd => AnsiColor::Yellow.on_default(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Strong => Style::new().bold(),
            Tone::Name => AnsiColor::Cyan.on_default(),
            Tone::Value => AnsiColor::Magenta.on_default(),
        };
        if self.0 && !text.is_empty() && tone != Tone::Plain {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
