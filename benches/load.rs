//! Drives the release binary over HTTP and prints one table, beside yardsticks and peers measured in the same run on the same machine.
//!
//! The server under test, the yardsticks that are servers and the peers are processes of their own; this one is the load. Figures are for comparing
//! within a run, not across machines: what is aimed at are ratios.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod load {
    pub mod bench;
    pub mod database;
    pub mod drive;
    pub mod figures;
    pub mod flood;
    pub mod home;
    pub mod http;
    pub mod million;
    pub mod options;
    pub mod peers;
    pub mod people;
    pub mod process;
    pub mod rows;
    pub mod run;
    pub mod small;
    pub mod targets;
    pub mod visitor;
    pub mod yardsticks;

    pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
}

use std::{env, process::ExitCode, thread, time::Duration};

use load::{
    Outcome,
    options::{HELP, Options},
    run, yardsticks,
};

fn main() -> ExitCode {
    if env::args().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Outcome<()> {
    let cores = thread::available_parallelism()?.get();
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [option, seconds] = arguments.as_slice()
        && option == yardsticks::BARE_HASHES
    {
        let lasting = Duration::from_secs(seconds.parse()?);
        println!("{}", yardsticks::hashes(lasting).per_second(lasting));
        return Ok(());
    }
    if arguments.iter().any(|argument| argument == yardsticks::BARE_SERVER) {
        return runtime(cores)?.block_on(yardsticks::bare_route());
    }
    let options = Options::read(arguments.into_iter())?;
    runtime(cores)?.block_on(run::measure(options))
}

fn runtime(threads: usize) -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?)
}
