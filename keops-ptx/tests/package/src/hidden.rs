keops! { fn f_hidden() {} }
