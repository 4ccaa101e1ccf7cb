fn main(){ let t: String = std::env::args().nth(1).unwrap(); let ts: proc_macro2::TokenStream = t.parse().unwrap(); println!("{}", keops_formula::compile(ts)); }
