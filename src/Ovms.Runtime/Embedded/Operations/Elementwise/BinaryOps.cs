using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>A binary operation on numbers of one type; integers wrap.</summary>
internal interface INumberOp
{
    /// <summary>Whether the vector form may be used for <typeparamref name="T"/>.</summary>
    static abstract bool IsVectorized<T>();

    /// <summary>One pair.</summary>
    static abstract T Invoke<T>(T x, T y)
        where T : unmanaged, INumber<T>;

    /// <summary>A vector of pairs; only when <see cref="IsVectorized{T}"/>.</summary>
    static abstract Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
        where T : unmanaged, INumber<T>;
}

/// <summary>A binary operation on the bits of integers.</summary>
internal interface IIntegerOp
{
    static abstract T Invoke<T>(T x, T y)
        where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>A comparison.</summary>
internal interface IComparisonOp
{
    static abstract bool Invoke<T>(T x, T y)
        where T : unmanaged, INumber<T>;
}

/// <summary>A logical operation.</summary>
internal interface ILogicalOp
{
    static abstract bool Invoke(bool x, bool y);
}

/// <summary>The binary operations of the IR, one empty struct each (IR sheet §12.6, §13.4).</summary>
internal static class BinaryOps
{
    private static bool IsReal<T>() => typeof(T) == typeof(float) || typeof(T) == typeof(double);

    private static bool IsSigned<T>()
        where T : unmanaged, INumber<T> => T.IsNegative(unchecked(T.Zero - T.One));

    internal struct Add : INumberOp
    {
        public static bool IsVectorized<T>() => true;

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x + y;

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => x + y;
    }

    internal struct Subtract : INumberOp
    {
        public static bool IsVectorized<T>() => true;

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x - y;

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => x - y;
    }

    internal struct Multiply : INumberOp
    {
        public static bool IsVectorized<T>() => true;

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x * y;

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => x * y;
    }

    internal struct SquaredDifference : INumberOp
    {
        public static bool IsVectorized<T>() => true;

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => (x - y) * (x - y);

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => (x - y) * (x - y);
    }

    // The reference takes std::max and std::min: the first operand stays when the comparison is false, so when either is NaN.
    internal struct Maximum : INumberOp
    {
        public static bool IsVectorized<T>() => true;

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x < y ? y : x;

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => Vector256.ConditionalSelect(Vector256.LessThan(x, y), y, x);
    }

    internal struct Minimum : INumberOp
    {
        public static bool IsVectorized<T>() => true;

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => y < x ? y : x;

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => Vector256.ConditionalSelect(Vector256.LessThan(y, x), y, x);
    }

    /// <summary>x below zero: x·slope.</summary>
    internal struct PRelu : INumberOp
    {
        public static bool IsVectorized<T>() => true;

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x < T.Zero ? x * y : x;

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<T>.Zero), x * y, x);
    }

    /// <summary>Division; integers round towards negative infinity. Divisors are not zero for integers (checked before).</summary>
    internal struct FloorDivide : INumberOp
    {
        public static bool IsVectorized<T>() => IsReal<T>();

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T>
        {
            var quotient = TruncateDivide.Invoke(x, y);
            return !IsReal<T>() && IsSigned<T>() && T.IsNegative(x) != T.IsNegative(y) && unchecked(quotient * y) != x
                ? quotient - T.One
                : quotient;
        }

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => x / y;
    }

    /// <summary>Division; integers round towards zero.</summary>
    internal struct TruncateDivide : INumberOp
    {
        public static bool IsVectorized<T>() => IsReal<T>();

        // The smallest integer by −1 traps in hardware; negation wraps as the rest of integer arithmetic does.
        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> =>
            !IsReal<T>() && IsSigned<T>() && y == unchecked(T.Zero - T.One) ? unchecked(T.Zero - x) : x / y;

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => x / y;
    }

    /// <summary>Remainder with the sign of the dividend. Floats: x − y·trunc(x/y), so an infinite divisor gives NaN.</summary>
    internal struct Mod : INumberOp
    {
        public static bool IsVectorized<T>() => IsReal<T>();

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T>
        {
            if (typeof(T) == typeof(float))
            {
                var (a, b) = ((float)(object)x, (float)(object)y);
                return (T)(object)(a - (b * MathF.Truncate(a / b)));
            }

            if (typeof(T) == typeof(double))
            {
                var (a, b) = ((double)(object)x, (double)(object)y);
                return (T)(object)(a - (b * Math.Truncate(a / b)));
            }

            return IsSigned<T>() && y == unchecked(T.Zero - T.One) ? T.Zero : x % y;
        }

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => typeof(T) == typeof(float)
                ? (x.AsSingle() - (y.AsSingle() * Vector256.Truncate((x / y).AsSingle()))).As<float, T>()
                : (x.AsDouble() - (y.AsDouble() * Vector256.Truncate((x / y).AsDouble()))).As<double, T>();
    }

    /// <summary>Remainder with the sign of the divisor.</summary>
    internal struct FloorMod : INumberOp
    {
        public static bool IsVectorized<T>() => IsReal<T>();

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T>
        {
            if (typeof(T) == typeof(float))
            {
                var (a, b) = ((float)(object)x, (float)(object)y);
                return (T)(object)(a - (b * MathF.Floor(a / b)));
            }

            if (typeof(T) == typeof(double))
            {
                var (a, b) = ((double)(object)x, (double)(object)y);
                return (T)(object)(a - (b * Math.Floor(a / b)));
            }

            var remainder = Mod.Invoke(x, y);
            return IsSigned<T>() && !T.IsZero(remainder) && T.IsNegative(remainder) != T.IsNegative(y) ? remainder + y : remainder;
        }

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => typeof(T) == typeof(float)
                ? (x.AsSingle() - (y.AsSingle() * Vector256.Floor((x / y).AsSingle()))).As<float, T>()
                : (x.AsDouble() - (y.AsDouble() * Vector256.Floor((x / y).AsDouble()))).As<double, T>();
    }

    /// <summary>Power; integers by repeated multiplication, a negative exponent truncates to zero except for bases of ±1.</summary>
    internal struct Power : INumberOp
    {
        public static bool IsVectorized<T>() => false;

        public static T Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T>
        {
            if (typeof(T) == typeof(float))
            {
                return (T)(object)MathF.Pow((float)(object)x, (float)(object)y);
            }

            return typeof(T) == typeof(double) ? (T)(object)Math.Pow((double)(object)x, (double)(object)y) : Integer(x, y);
        }

        public static Vector256<T> Invoke<T>(Vector256<T> x, Vector256<T> y)
            where T : unmanaged, INumber<T> => throw new System.Diagnostics.UnreachableException();

        private static T Integer<T>(T x, T y)
            where T : unmanaged, INumber<T>
        {
            if (T.IsNegative(y))
            {
                return x == T.One ? x : x == unchecked(T.Zero - T.One) ? (T.IsEvenInteger(y) ? T.One : x) : T.Zero;
            }

            var result = T.One;
            var two = T.One + T.One;
            for (var factor = x; ; factor *= factor)
            {
                result = T.IsOddInteger(y) ? result * factor : result;
                y /= two;
                if (T.IsZero(y))
                {
                    return result;
                }
            }
        }
    }

    internal struct BitwiseAnd : IIntegerOp
    {
        public static T Invoke<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x & y;
    }

    internal struct BitwiseOr : IIntegerOp
    {
        public static T Invoke<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x | y;
    }

    internal struct BitwiseXor : IIntegerOp
    {
        public static T Invoke<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x ^ y;
    }

    // A shift by the width or more, or by a negative count, is undefined in the reference; all bits go, as arithmetic would have it.
    internal struct LeftShift : IIntegerOp
    {
        public static T Invoke<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> =>
            T.IsNegative(y) || y >= T.CreateTruncating(Unsafe.SizeOf<T>() * 8) ? T.Zero : x << int.CreateTruncating(y);
    }

    internal struct RightShift : IIntegerOp
    {
        public static T Invoke<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> =>
            T.IsNegative(y) || y >= T.CreateTruncating(Unsafe.SizeOf<T>() * 8)
                ? T.IsNegative(x) ? unchecked(T.Zero - T.One) : T.Zero
                : x >> int.CreateTruncating(y);
    }

    internal struct Equal : IComparisonOp
    {
        public static bool Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x == y;
    }

    internal struct NotEqual : IComparisonOp
    {
        public static bool Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x != y;
    }

    internal struct Less : IComparisonOp
    {
        public static bool Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x < y;
    }

    internal struct LessEqual : IComparisonOp
    {
        public static bool Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x <= y;
    }

    internal struct Greater : IComparisonOp
    {
        public static bool Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x > y;
    }

    internal struct GreaterEqual : IComparisonOp
    {
        public static bool Invoke<T>(T x, T y)
            where T : unmanaged, INumber<T> => x >= y;
    }

    internal struct And : ILogicalOp
    {
        public static bool Invoke(bool x, bool y) => x & y;
    }

    internal struct Or : ILogicalOp
    {
        public static bool Invoke(bool x, bool y) => x | y;
    }

    internal struct Xor : ILogicalOp
    {
        public static bool Invoke(bool x, bool y) => x ^ y;
    }
}
