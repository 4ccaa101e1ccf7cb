//! The derivatives that can be written in a formula.

/// A derivative that a formula may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derivative {
    /// Jᵀ e
    Grad,
    /// J u
    Diff,
    /// The trace of J.
    Divergence,
    /// The trace of the second derivatives.
    Laplacian,
    /// J, row by row.
    Jacobian,
    /// The second derivatives, row by row.
    Hessian,
}

impl Derivative {
    /// All of them.
    pub(crate) const ALL: [Derivative; 6] = [
        Derivative::Grad,
        Derivative::Diff,
        Derivative::Divergence,
        Derivative::Laplacian,
        Derivative::Jacobian,
        Derivative::Hessian,
    ];

    /// The derivative of this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        let call = self.call();
        call.split_once('(').map_or(call, |(name, _)| name)
    }

    /// How it is called.
    pub(crate) fn call(self) -> &'static str {
        match self {
            Derivative::Grad => "grad(f, v, e)",
            Derivative::Diff => "diff(f, v, u)",
            Derivative::Divergence => "divergence(f, v)",
            Derivative::Laplacian => "laplacian(f, v)",
            Derivative::Jacobian => "jacobian(f, v)",
            Derivative::Hessian => "hessian(f, v)",
        }
    }

    /// What it is, in words.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Derivative::Grad => "the gradient of f in the operand v, applied to e",
            Derivative::Diff => "the derivative of f in the operand v along u",
            Derivative::Divergence => "the sum of the derivatives of the components of f in those of the operand v",
            Derivative::Laplacian => {
                "the sum of the second derivatives of the number f in the components of the operand v"
            }
            Derivative::Jacobian => "the derivatives of the components of f in those of the operand v, row by row",
            Derivative::Hessian => {
                "the second derivatives of the number f in the components of the operand v, row by row"
            }
        }
    }

    /// How many arguments it takes.
    pub(crate) fn arity(self) -> usize {
        self.call().split(", ").count()
    }

    /// What it is called in a sentence.
    pub(crate) fn noun(self) -> &'static str {
        if self == Derivative::Grad { "gradient" } else { "derivative" }
    }

    /// An example in an operand.
    pub(crate) fn in_operand(self) -> String {
        self.call().replace("f, v", "f, x_i")
    }

    /// An example of a value that has been reduced to rows, as what it is applied to.
    pub(crate) fn of_rows(self) -> String {
        let call = self.in_operand().replace("(f,", "(sum_j(…),");
        match call.strip_suffix(')') {
            Some(open) if self.arity() == 3 => format!("{open}_i)"),
            _ => call,
        }
    }
}
