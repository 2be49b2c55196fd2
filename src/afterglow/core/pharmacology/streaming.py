"""Eight steps written straight past the caches, in vectors that are spelt out.

A curve that is kept is written once and not read again, so an ordinary store wastes half of the
memory's time: the processor first reads the line that it will overwrite. The compiler makes no
non-temporal stores by itself, so this one loop is given to it in its own language. The arithmetic
is that of ``kernel.group_peaks``, eight patients a vector.

numba's cache watches the kernel's own file alone: touch that when this one changes.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

WIDTH = 8
ALIGNMENT = 64
_DOUBLE = ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, WIDTH)
_INDEX = ir.IntType(64)


def _multiply_add(module: ir.Module) -> ir.Function:
    name = f"llvm.fmuladd.v{WIDTH}f64"  # fused where the processor can
    if name in module.globals:
        return module.globals[name]
    return ir.Function(module, ir.FunctionType(_VECTOR, [_VECTOR] * 3), name)


def streaming_group(lanes: int, group: int, states: Any, coefficients: Any, peaks: Any = ()) -> Any:
    """Return an intrinsic ``f(w, out, at, span)``: steps of a block, levels streamed to ``out``.

    ``states`` are the rows of a0 a1 a2 s0 s1 in ``w``; ``coefficients`` those of e0 e1 e2, f0 f1,
    r0 r1 r2, q0 q1, w00 w10 w20, w01 w11 w21. ``out`` must start on a 64-byte line and ``lanes`` be
    a multiple of 8. ``peaks`` are the rows of the highest parent level, its time, and the same of
    the metabolite; the first step ends at ``at``.
    """

    @intrinsic
    def walk(context: Any, w: Any, out: Any, at: Any, span: Any) -> Any:
        signature = types.void(w, out, at, span)

        def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            base, target = (
                context.make_array(kind)(context, builder, value).data
                for kind, value in zip(signature.args[:2], arguments[:2], strict=True)
            )
            fma = _multiply_add(builder.module)
            streamed = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])

            def place(pointer: Any, row: int, at: Any) -> Any:
                offset = builder.add(at, ir.Constant(_INDEX, row * lanes))
                return builder.bitcast(builder.gep(pointer, [offset]), _VECTOR.as_pointer())

            def load(row: int, at: Any) -> Any:
                return builder.load(place(base, row, at), align=8)

            def same(value: Any) -> Any:
                first = builder.insert_element(
                    ir.Constant(_VECTOR, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
                )
                zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
                return builder.shuffle_vector(first, ir.Constant(_VECTOR, ir.Undefined), zeros)

            begun, apart = arguments[2:]
            moments = [
                same(builder.fadd(begun, builder.fmul(apart, ir.Constant(_DOUBLE, float(u)))))
                for u in range(group if peaks else 0)
            ]
            head = builder.append_basic_block("lanes")
            done = builder.append_basic_block("lanes.done")
            before = builder.block
            builder.branch(head)
            builder.position_at_end(head)
            at = builder.phi(_INDEX)
            at.add_incoming(ir.Constant(_INDEX, 0), before)
            a = [load(row, at) for row in states[:3]]
            s = [load(row, at) for row in states[3:]]
            c = [load(row, at) for row in coefficients]
            e, f, r, q, into = c[:3], c[3:5], c[5:8], c[8:10], (c[10:13], c[13:16])
            top = [load(row, at) for row in peaks]
            for u in range(group):
                formed = []
                for j in range(2):
                    total = q[j]
                    for i in range(3):
                        total = builder.call(fma, [into[j][i], a[i], total])
                    formed.append(builder.call(fma, [f[j], s[j], total]))
                s = formed
                a = [builder.call(fma, [e[i], a[i], r[i]]) for i in range(3)]
                levels = (
                    builder.fadd(builder.fadd(a[0], a[1]), a[2]),
                    builder.fadd(s[0], s[1]),
                )
                for analyte, level in enumerate(levels):
                    store = builder.store(
                        level, place(target, 2 * u + analyte, at), align=ALIGNMENT
                    )
                    store.set_metadata("nontemporal", streamed)
                    if peaks:
                        level_row, time_row = 2 * analyte, 2 * analyte + 1
                        higher = builder.fcmp_ordered(">", level, top[level_row])
                        top[level_row] = builder.select(higher, level, top[level_row])
                        top[time_row] = builder.select(higher, moments[u], top[time_row])
            for row, value in zip((*states, *peaks), [*a, *s, *top], strict=True):
                builder.store(value, place(base, row, at), align=8)
            following = builder.add(at, ir.Constant(_INDEX, WIDTH))
            at.add_incoming(following, builder.block)
            more = builder.icmp_signed("<", following, ir.Constant(_INDEX, lanes))
            builder.cbranch(more, head, done)
            builder.position_at_end(done)
            return context.get_dummy_value()

        return signature, generate

    return walk
