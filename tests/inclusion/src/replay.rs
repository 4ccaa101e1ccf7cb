//! A program on numbers of any type.

use keops_core::Real;

use crate::record::{Arithmetic, Comparison, Connective, Function, Id, IndexComparison, MOST, Op, Selector};

/// What an operation makes.
#[derive(Clone, Copy)]
pub(crate) enum Value<R: Real> {
    Number(R),
    Mask(R::Mask),
    Index(R::Index),
}

impl<R: Real> Value<R> {
    pub(crate) fn number(self) -> R {
        let Value::Number(number) = self else { unreachable!("it is a number") };
        number
    }
    fn mask(self) -> R::Mask {
        let Value::Mask(mask) = self else { unreachable!("it is a mask") };
        mask
    }
    fn index(self) -> R::Index {
        let Value::Index(index) = self else { unreachable!("it is an index") };
        index
    }
}

/// Executes operations, on operands and indices.
pub(crate) fn replay<R: Real>(
    cx: R::Cx,
    ops: &[Op],
    operands: [&dyn Fn(usize) -> R; 3],
    [i, j]: [R::Index; 2],
) -> Vec<Value<R>> {
    let mut values: Vec<Value<R>> = Vec::with_capacity(ops.len());
    for op in ops {
        let number = |id: Id| values[id as usize].number();
        let value = match op {
            Op::Param(k) => Value::Number(operands[0](*k)),
            Op::Row(k) => Value::Number(operands[1](*k)),
            Op::Col(k) => Value::Number(operands[2](*k)),
            Op::Literal(v) => Value::Number(R::lit(cx, *v)),
            Op::Number(name, arguments) => Value::Number(arithmetic(*name, arguments.map(number))),
            Op::Function(name, arguments) => Value::Number(function(*name, arguments.map(number))),
            Op::Select(name, [m, a, b]) => {
                let (m, a, b) = (values[*m as usize].mask(), number(*a), number(*b));
                Value::Number(match name {
                    Selector::select => R::select(m, a, b),
                    Selector::select_smaller => R::select_smaller(m, a, b),
                    Selector::select_larger => R::select_larger(m, a, b),
                })
            }
            Op::Bits(index) => Value::Number(R::from_index(values[*index as usize].index())),
            Op::NumberOf(index) => Value::Number(R::number_of(values[*index as usize].index())),
            Op::Compare(name, [a, b]) => {
                let (a, b) = (number(*a), number(*b));
                Value::Mask(match name {
                    Comparison::lt => a.lt(b),
                    Comparison::le => a.le(b),
                    Comparison::eq => a.eq(b),
                    Comparison::is_number => a.is_number(),
                })
            }
            Op::Logic(name, arguments) => {
                let [a, b] = arguments.map(|id| values[id as usize].mask());
                Value::Mask(match name {
                    Connective::and => R::and(a, b),
                    Connective::or => R::or(a, b),
                    Connective::not => R::not(a),
                })
            }
            Op::CompareIndex(name, arguments) => {
                let [a, b] = arguments.map(|id| values[id as usize].index());
                Value::Mask(match name {
                    IndexComparison::index_eq => R::index_eq(a, b),
                    IndexComparison::index_lt => R::index_lt(a, b),
                })
            }
            // lanes that are no row have any index
            Op::Table(table) => Value::Index(match table.iter().all(|n| *n == table[0]) {
                true => R::index(cx, table[0]),
                false => R::index_map([i, j], |[i, j]| {
                    let place = (i as usize % MOST) * MOST + j as usize % MOST;
                    table[place]
                }),
            }),
            Op::SelectIndex(m, a, b) => {
                let [a, b] = [a, b].map(|id| values[*id as usize].index());
                Value::Index(R::select_index(values[*m as usize].mask(), a, b))
            }
        };
        values.push(value);
    }
    values
}

#[inline(never)]
fn arithmetic<R: Real>(name: Arithmetic, [a, b, c]: [R; 3]) -> R {
    match name {
        Arithmetic::add => a + b,
        Arithmetic::sub => a - b,
        Arithmetic::mul => a * b,
        Arithmetic::div => a / b,
        Arithmetic::neg => -a,
        Arithmetic::mul_add => a.mul_add(b, c),
        Arithmetic::square => a.square(),
        Arithmetic::square_add => a.square_add(b),
        Arithmetic::square_from => a.square_from(b),
        Arithmetic::abs => a.abs(),
        Arithmetic::sqrt => a.sqrt(),
        Arithmetic::floor => a.floor(),
        Arithmetic::recip => a.recip(),
        Arithmetic::rsqrt => a.rsqrt(),
        Arithmetic::saturate => a.saturate(),
        Arithmetic::minimum => a.minimum(b),
        Arithmetic::maximum => a.maximum(b),
    }
}

macro_rules! functions {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => {
        #[inline(never)]
        fn function<R: Real>(name: Function, [a, b]: [R; 2]) -> R {
            match name {
                $(Function::$name => functions!(@ $name a b $($argument)*),)*
            }
        }
    };
    (@ $name:ident $a:ident $b:ident) => { R::$name($a) };
    (@ $name:ident $a:ident $b:ident $argument:ident) => { R::$name($a, $b) };
}
keops_core::functions!(functions);
