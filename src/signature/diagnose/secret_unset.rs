//! What senders sign with when their setting is empty, still the example of a manual, or the name of a variable.

use super::Finding;
use super::search::{KeyText, Search};

/// The likely ones.
pub(super) const LIKELY: &[&str] = &["", "undefined", "null", "None"];

/// The rarer ones.
pub(super) const RARE: &[&str] = &[
    "nil",
    "false",
    "secret",
    "changeme",
    "true",
    "NaN",
    "[object Object]",
    "test",
    "your_webhook_secret",
    "your-secret",
];

/// Placeholders of manuals and examples; tried only for small bodies.
const PLACEHOLDERS: &[&str] = &[
    "your-webhook-secret",
    "your_secret",
    "yoursecret",
    "<your-secret>",
    "<your_secret>",
    "<YOUR_SECRET>",
    "<secret>",
    "YOUR_SECRET",
    "YOUR_WEBHOOK_SECRET",
    "YOUR-SECRET",
    "your-secret-key",
    "your_secret_key",
    "your-secret-here",
    "your_secret_here",
    "your_signing_secret",
    "your-signing-secret",
    "YOUR_SIGNING_SECRET",
    "<your-webhook-secret>",
    "<your_webhook_secret>",
    "<YOUR_WEBHOOK_SECRET>",
    "my-secret",
    "my_secret",
    "mysecret",
    "my-webhook-secret",
    "my_webhook_secret",
    "super-secret",
    "supersecret",
    "super_secret",
    "s3cret",
    "{secret}",
    "[secret]",
    "{{secret}}",
    "SECRET",
    "Secret",
    "webhook-secret",
    "webhooksecret",
    "signing-secret",
    "password",
    "xxx",
    "xxxx",
    "xxxxx",
    "xxxxxxxx",
    "XXX",
    "XXXX",
    "todo",
    "TODO",
    "TBD",
    "FIXME",
    "replace_me",
    "replaceme",
    "replace-me",
    "REPLACE_ME",
    "change_me",
    "change-me",
    "CHANGEME",
    "CHANGE_ME",
    "changeit",
    "change-this",
    "example",
    "dummy",
    "placeholder",
    "default",
    "string",
    "foo",
    "bar",
    "foobar",
    "abc",
    "abc123",
    "123",
    "1234",
    "12345",
    "123456",
    "0",
    "1",
    "-1",
    "True",
    "False",
    "TRUE",
    "FALSE",
    "nan",
    "[object Promise]",
    "[object Undefined]",
    "[object Null]",
    "Undefined",
    "UNDEFINED",
    "NULL",
    "Null",
    "none",
    "NONE",
    "Nil",
    "<nil>",
    "%!s(<nil>)",
    "(null)",
    "(none)",
    "N/A",
    "n/a",
    "-",
    "{}",
    "[]",
    "\"\"",
    "''",
    "\n",
    " ",
    "whsec_",
    "whsec_...",
    "whsec_xxx",
    "whsec_test",
    "test_secret",
    "test-secret",
    "testsecret",
    "TEST",
    "secret123",
    "development",
    "production",
    "key",
    "token",
    "hunter2",
    "It's a Secret to Everybody",
];

/// Names of variables that a sender may have left unreplaced; `P` is the provider's name.
const NAMES: &[&str] = &[
    "WEBHOOK_SECRET",
    "SECRET",
    "SIGNING_SECRET",
    "WEBHOOK_SIGNING_SECRET",
    "SECRET_KEY",
    "WEBHOOK_KEY",
    "HMAC_SECRET",
    "API_SECRET",
    "P_WEBHOOK_SECRET",
    "P_SECRET",
    "P_SIGNING_SECRET",
    "P_WEBHOOK_SIGNING_SECRET",
    "P_KEY",
];

/// How languages and settings files name a variable; `§` is replaced by its name.
const FORMS: &[&str] = &[
    "$§",
    "${§}",
    "%§%",
    "process.env.§",
    "{{§}}",
    "{{ § }}",
    "<§>",
    "§",
    "${{ secrets.§ }}",
    "$(§)",
    "{§}",
    "[§]",
    "os.environ['§']",
    "os.environ[\"§\"]",
    "os.getenv('§')",
    "ENV['§']",
    "ENV[\"§\"]",
    "import.meta.env.§",
    "env.§",
    "env(§)",
    "env('§')",
    "$env:§",
    "@§",
    "#{§}",
    "!§",
    "secrets.§",
    "System.getenv(\"§\")",
];

pub(super) fn words(search: &mut Search<'_>, words: &[&str]) -> Option<Finding> {
    words.iter().find_map(|word| signed_with(search, word))
}

/// Placeholders, and variables that were not replaced.
pub(super) fn rarest(search: &mut Search<'_>) -> Option<Finding> {
    if !search.is_small() {
        return None;
    }
    words(search, PLACEHOLDERS).or_else(|| {
        let provider = search.case.scheme.id.split('-').next().unwrap_or_default().to_ascii_uppercase();
        NAMES.iter().find_map(|name| {
            let name = match name.strip_prefix("P_") {
                Some(rest) => format!("{provider}_{rest}"),
                None => (*name).to_owned(),
            };
            FORMS.iter().find_map(|form| {
                let text = form.replace('§', &name);
                signed_with(search, &text).or_else(|| signed_with(search, &text.to_ascii_lowercase()))
            })
        })
    })
}

fn signed_with(search: &mut Search<'_>, text: &str) -> Option<Finding> {
    if search.scheme.algorithm.is_asymmetric() {
        return None;
    }
    let request = search.case.request;
    let key = KeyText { bytes: text.as_bytes().to_vec(), text: Some(text.to_owned()) };
    let hit = search.hit(&request, &key)?;
    let words = if text.is_empty() {
        "an empty secret".to_owned()
    } else {
        format!("the word `{}` as the secret", text.escape_debug())
    };
    Some(search.found(
        hit,
        "secret_unset",
        &format!("The sender signed with {words}."),
        "Look for a missing setting or environment variable on the sender's side.",
    ))
}
