//! `hallpass serve`.

use super::{failure::Done, settings::understand};
use crate::server::{self, StartError, config::Flags};

pub async fn serve(flags: &Flags) -> Done {
    server::start_logging();
    let config = understand(flags).map_err(StartError::from)?;
    Ok(server::serve(config).await?)
}
