/// Pages and answers are many small pieces; the system's allocator took a sixth of their time.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    hallpass::cli::run()
}
