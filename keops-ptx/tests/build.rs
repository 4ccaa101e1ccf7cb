use std::time::Instant;
#[test]
fn b() {
    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("with space");
    let t = Instant::now();
    let o = keops_ptx::Builder::new().file("tests/sources/standard.rs").out_dir(&out).try_build().unwrap();
    eprintln!("{:?} {:?} {}", t.elapsed(), o.directory, o.symbols.len());
    let t = Instant::now();
    keops_ptx::Builder::new().file("tests/sources/standard.rs").out_dir(&out).try_build().unwrap();
    eprintln!("{:?}", t.elapsed());
}
