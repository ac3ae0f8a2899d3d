//! The JSON API: one file per resource.

/// Reads these types (derived with `remote = "Self"`) from objects only: serde would take a list of the fields' values as well.
macro_rules! only_objects {
    ($($type:ty),+) => {$(
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;
                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $type;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, members: A) -> Result<$type, A::Error> {
                        // The derived function, which is of the type's own and not the trait's.
                        <$type>::deserialize(serde::de::value::MapAccessDeserializer::new(members))
                    }
                }
                deserializer.deserialize_map(Members)
            }
        }
    )+};
}

mod bins;
mod catalogues;
mod diff;
mod export;
mod import;
mod input;
mod input_response;
mod marks;
mod requests;
mod response;
mod schemas;
mod secrets;
mod signature;
mod wait;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of the API.
pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.configure(bins::configure)
        .configure(secrets::configure)
        .configure(response::configure)
        .configure(wait::configure)
        .configure(marks::configure)
        .configure(requests::configure)
        .configure(signature::configure)
        .configure(catalogues::configure)
        .configure(export::configure)
        .configure(import::configure)
        .configure(diff::configure);
}
