fn main() -> std::process::ExitCode {
    hallpass::cli::run()
}
