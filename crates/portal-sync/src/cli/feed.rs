//! `feed`: what a Backstage ingests.

use clap::Subcommand;

use super::session::Session;
use super::{failure, help, output};
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(super) enum FeedCommand {
    /// Change one annotation in each file of the feed, so that Backstage takes in again what it refused
    #[command(after_help = help::FEED_RENEW)]
    Renew,
}

pub(super) async fn run(session: Session, command: &FeedCommand) -> Exit {
    match command {
        FeedCommand::Renew => renew(&session).await,
    }
}

async fn renew(session: &Session) -> Exit {
    match session.store.renew_feed().await {
        Ok(Some(kept)) => {
            output::message(format_args!(
                "renewed for the {}: one entity in each of {} files has another annotation now; `serve` notices within a \
                 second, and Backstage when it reads the feed next",
                ordinal(kept.renewals),
                kept.shards
            ));
            Exit::Done
        }
        Ok(None) => {
            output::message(
                "error: there is no feed yet\n  fix: start `portal-sync serve`; there is nothing to renew before Backstage has read it",
            );
            Exit::Store
        }
        Err(error) => failure::of_store(&error),
    }
}

fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending} time")
}
