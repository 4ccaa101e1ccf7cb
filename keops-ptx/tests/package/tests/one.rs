mod common; fn t() { || async { keops!(f_test()) }; }
