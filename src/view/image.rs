//! Raster images. Never SVG, which is a program and not a picture: it shows as XML.

use serde::Serialize;

use super::{Body, Fit, Member, RenderOptions, ViewContent, ViewModel};

pub(super) const MEMBER: Member = Member { id: "image", label: "Image", fit, render };

/// An image to show. The page fetches the bytes separately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageView {
    /// The type by its bytes, whatever the sender says.
    pub mime: &'static str,
    /// Width in pixels, if the header says it.
    pub width: Option<u32>,
    /// Height in pixels, if the header says it.
    pub height: Option<u32>,
    /// Bytes of the image, with the content encoding undone.
    pub size: usize,
}

/// The type of a raster image that browsers show, by its bytes. Only these may ever be served inline.
#[must_use]
pub(crate) fn raster_mime(bytes: &[u8]) -> Option<&'static str> {
    let known = [
        (infer::image::is_png as fn(&[u8]) -> bool, "image/png"),
        (infer::image::is_jpeg, "image/jpeg"),
        (infer::image::is_gif, "image/gif"),
        (infer::image::is_webp, "image/webp"),
        (infer::image::is_bmp, "image/bmp"),
        (infer::image::is_ico, "image/x-icon"),
    ];
    known.into_iter().find(|(is, _)| is(bytes)).map(|(_, mime)| mime)
}

fn fit(body: &Body<'_>) -> Option<Fit> {
    let mime = raster_mime(body.bytes())?;
    // The bitmap signature is only two letters, so a header of known length or the sender's declaration is needed too.
    let declared = body.content_type.as_ref().is_some_and(|declared| declared.main_type() == "image");
    (declared || mime != "image/bmp" || dimensions(mime, body.bytes()).is_some()).then_some(Fit::Declared)
}

fn render(body: &Body<'_>, _options: &RenderOptions) -> ViewModel {
    let mut model = ViewModel::new(&MEMBER);
    let Some(mime) = raster_mime(body.bytes()) else {
        model.notes.push("The body is not a raster image that can be shown.".to_owned());
        return model;
    };
    if let Some(declared) = body.content_type.as_ref().map(|declared| &declared.essence)
        && declared.starts_with("image/")
        && declared != mime
        && !declared.contains("icon")
    {
        model.notes.push(format!("The sender says {}; the bytes are {mime}.", crate::http::text::cut(declared, 80).0));
    }
    let size = dimensions(mime, body.bytes());
    model.content = ViewContent::Image(ImageView {
        mime,
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        size: body.bytes().len(),
    });
    model
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    Some(le16(bytes, at)? | u32::from(*bytes.get(at + 2)?) << 16)
}

fn dimensions(mime: &str, bytes: &[u8]) -> Option<(u32, u32)> {
    match mime {
        // The first chunk is IHDR: length, name, width, height (PNG, section 11.2.1).
        "image/png" => {
            let field = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
            (bytes.get(12..16)? == b"IHDR").then_some(())?;
            Some((field(16)?, field(20)?))
        }
        // The logical screen descriptor follows the signature.
        "image/gif" => Some((le16(bytes, 6)?, le16(bytes, 8)?)),
        "image/jpeg" => jpeg(bytes),
        "image/webp" => webp(bytes),
        // BITMAPINFOHEADER and later ones; a negative height means top-down rows.
        "image/bmp" => {
            let field = |at: usize| Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?).unsigned_abs());
            (40..=124).contains(&field(14)?).then_some((field(18)?, field(22)?))
        }
        // The first entry of the directory; 0 means 256.
        "image/x-icon" => {
            let field = |at: usize| bytes.get(at).map(|&byte| if byte == 0 { 256 } else { u32::from(byte) });
            Some((field(6)?, field(7)?))
        }
        _ => None,
    }
}

/// Steps over the segments up to the start of a frame (ITU T.81, annex B).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    // Every step advances at least two bytes, so this ends.
    loop {
        let marker = match bytes.get(at..at + 2)? {
            [0xff, 0xff] => {
                at += 1;
                continue;
            }
            [0xff, marker] => *marker,
            _ => return None,
        };
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((be16(bytes, at + 7)?, be16(bytes, at + 5)?));
            }
            0xd0..=0xd9 | 0x01 => at += 2,
            _ => at += 2 + be16(bytes, at + 2)?.max(2) as usize,
        }
    }
}

/// The three kinds of first chunk (RFC 9649, section 2).
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => Some((le24(bytes, 24)? + 1, le24(bytes, 27)? + 1)),
        b"VP8 " => Some((le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff)),
        b"VP8L" => {
            let packed = le24(bytes, 21)? | u32::from(*bytes.get(24)?) << 24;
            Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{BodyInput, ViewKind};

    fn image(content_type: Option<&str>, bytes: &[u8]) -> (ViewContent, Vec<String>) {
        let model = Body::open(BodyInput { content_type, content_encoding: None, bytes })
            .render(ViewKind(&MEMBER), &RenderOptions::default());
        (model.content, model.notes)
    }

    fn size(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
        match image(None, bytes).0 {
            ViewContent::Image(view) => Some((view.mime, view.width?, view.height?)),
            _ => None,
        }
    }

    #[test]
    fn types_and_dimensions_come_from_the_bytes() {
        assert_eq!(size(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x02\0\0\0\x03"), Some(("image/png", 258, 3)));
        assert_eq!(size(b"GIF89a\x10\0\x20\0"), Some(("image/gif", 16, 32)));
        assert_eq!(size(b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x0b\x08\0\x05\0\x06"), Some(("image/jpeg", 6, 5)));
        assert_eq!(size(b"RIFF....WEBPVP8X\x0a\0\0\0\0\0\0\0\x0f\0\0\x1f\0\0"), Some(("image/webp", 16, 32)));
        assert_eq!(size(b"\0\0\x01\0\x01\0\0\x20"), Some(("image/x-icon", 256, 32)));
    }

    #[test]
    fn svg_and_other_data_are_no_images_and_wrong_types_are_told() {
        assert_eq!(raster_mime(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), None);
        assert_eq!(raster_mime(b""), None);
        assert!(matches!(image(Some("image/svg+xml"), b"<svg/>").0, ViewContent::Empty {}));
        assert_eq!(
            image(Some("image/png"), b"GIF89a\x10\0\x20\0").1,
            ["The sender says image/png; the bytes are image/gif."]
        );
    }

    #[test]
    fn a_text_that_starts_with_two_letters_is_no_bitmap() {
        let body = Body::open(BodyInput {
            content_type: None,
            content_encoding: None,
            bytes: b"BMW and others, a text of some length",
        });
        assert!(!body.views().contains(&ViewKind(&MEMBER)));
    }

    proptest::proptest! {
        #[test]
        fn any_header_can_be_read(start in 0_usize..6, rest: Vec<u8>) {
            let magic: [&[u8]; 6] = [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"RIFF....WEBPVP8L", b"BM", b"\0\0\x01\0"];
            image(None, &[magic[start], &rest].concat());
        }
    }
}
