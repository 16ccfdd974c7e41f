using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Unary, activation, binary, comparison, logical and type-converting operations (IR sheet §13.2–13.4, §14.4, §14.7).</summary>
internal static class ElementwiseOperations
{
    public static void Register(OperationRegistry registry)
    {
        RegisterConversions(registry);
        RegisterUnary(registry);
        RegisterActivations(registry);
        RegisterBinary(registry);
    }

    private static void RegisterConversions(OperationRegistry registry) => registry
        .Add("Convert", 1, static node => new ConvertOperation(node, node.Attributes.GetElementType("destination_type")))
        .Add("ConvertLike", 1, static node => new ConvertOperation(node, null))
        .Add("ConvertPromoteTypes", 14, static node => new ConvertPromoteTypesOperation(node))
        .Add("Identity", 16, static node => new IdentityOperation(node))
        .Add("Select", 1, static node => new SelectOperation(node));

    private static void RegisterUnary(OperationRegistry registry) => registry
        .Add("Abs", 1, static node => new NumberOperation<NumberFunctions.Abs>(node))
        .Add("Negative", 1, static node => new NumberOperation<NumberFunctions.Negative>(node))
        .Add("Sign", 1, static node => new NumberOperation<NumberFunctions.Sign>(node))
        .Add("Ceiling", 1, static node => new RealOperation<RealFunctions.Ceiling>(node, default, integersUnchanged: true))
        .Add("Floor", 1, static node => new RealOperation<RealFunctions.Floor>(node, default, integersUnchanged: true))
        .Add("Round", 5, CreateRound)
        .Add("Exp", 1, static node => new RealOperation<RealFunctions.Exp>(node, default))
        .Add("Log", 1, static node => new RealOperation<RealFunctions.Log>(node, default))
        .Add("Sqrt", 1, static node => new RealOperation<RealFunctions.Sqrt>(node, default))
        .Add("Erf", 1, static node => new RealOperation<RealFunctions.Erf>(node, default))
        .Add("Sin", 1, static node => new RealOperation<RealFunctions.Sin>(node, default))
        .Add("Cos", 1, static node => new RealOperation<RealFunctions.Cos>(node, default))
        .Add("Tan", 1, static node => Rare(node, RareFunction.Tan))
        .Add("Asin", 1, static node => Rare(node, RareFunction.Asin))
        .Add("Acos", 1, static node => Rare(node, RareFunction.Acos))
        .Add("Atan", 1, static node => Rare(node, RareFunction.Atan))
        .Add("Sinh", 1, static node => Rare(node, RareFunction.Sinh))
        .Add("Cosh", 1, static node => Rare(node, RareFunction.Cosh))
        .Add("Tanh", 1, static node => new RealOperation<RealFunctions.Tanh>(node, default))
        .Add("Asinh", 4, static node => Rare(node, RareFunction.Asinh))
        .Add("Acosh", 4, static node => Rare(node, RareFunction.Acosh))
        .Add("Atanh", 4, static node => Rare(node, RareFunction.Atanh))
        .Add("ErfInv", 17, static node => Rare(node, RareFunction.ErfInv))
        .Add("LogicalNot", 1, static node => new NotOperation(node, bitwise: false))
        .Add("BitwiseNot", 13, static node => new NotOperation(node, bitwise: true))
        .Add("IsFinite", 10, static node => new PredicateOperation(node, FloatPredicate.IsFinite))
        .Add("IsInf", 10, static node => new PredicateOperation(node, FloatPredicate.IsInf))
        .Add("IsNaN", 10, static node => new PredicateOperation(node, FloatPredicate.IsNaN));

    private static void RegisterActivations(OperationRegistry registry) => registry
        .Add("ReLU", 1, static node => new NumberOperation<NumberFunctions.Relu>(node))
        .Add("PReLU", 1, static node => new PReluOperation(node))
        .Add("Clamp", 1, static node => new ClampOperation(node))
        .Add("Sigmoid", 1, static node => new RealOperation<RealFunctions.Sigmoid>(node, default))
        .Add("Elu", 1, static node => new RealOperation<EluFunction>(node, new EluFunction(node.Attributes.GetFloat("alpha", 0), 1)))
        .Add("Selu", 1, static node => new ParameterOperation<EluFunction>(
            node, static (alpha, lambda) => new EluFunction(alpha, lambda), double.NaN, double.NaN))
        .Add("HardSigmoid", 1, static node => new ParameterOperation<HardSigmoidFunction>(
            node, static (alpha, beta) => new HardSigmoidFunction(alpha, beta), double.NaN, double.NaN))
        .Add("HSwish", 4, static node => new RealOperation<RealFunctions.HSwish>(node, default))
        .Add("HSigmoid", 5, static node => new RealOperation<RealFunctions.HSigmoid>(node, default))
        .Add("Mish", 4, static node => new RealOperation<RealFunctions.Mish>(node, default))
        .Add("SoftPlus", 4, static node => new RealOperation<RealFunctions.SoftPlus>(node, default))
        .Add("SoftSign", 9, static node => new RealOperation<RealFunctions.SoftSign>(node, default))
        .Add("Swish", 4, static node => new ParameterOperation<SwishFunction>(node, static (beta, _) => new SwishFunction(beta), 1))
        .Add("Gelu", 2, static node => new RealOperation<RealFunctions.GeluErf>(node, default))
        .Add("Gelu", 7, CreateGelu);

    private static void RegisterBinary(OperationRegistry registry)
    {
        registry
            .Add("Add", 1, Arithmetic<BinaryOps.Add>)
            .Add("Subtract", 1, Arithmetic<BinaryOps.Subtract>)
            .Add("Multiply", 1, Arithmetic<BinaryOps.Multiply>)
            .Add("Divide", 1, static node => node.Attributes.GetBool("m_pythondiv", true)
                ? Division<BinaryOps.FloorDivide>(node)
                : Division<BinaryOps.TruncateDivide>(node))
            .Add("Maximum", 1, Arithmetic<BinaryOps.Maximum>)
            .Add("Minimum", 1, Arithmetic<BinaryOps.Minimum>)
            .Add("Power", 1, static node => new BinaryOperation(node, PowerKernel.For, givesBoolean: false))
            .Add("SquaredDifference", 1, Arithmetic<BinaryOps.SquaredDifference>)
            .Add("Mod", 1, Division<BinaryOps.Mod>)
            .Add("FloorMod", 1, Division<BinaryOps.FloorMod>)
            .Add("Equal", 1, Comparison<BinaryOps.Equal>)
            .Add("NotEqual", 1, Comparison<BinaryOps.NotEqual>)
            .Add("Less", 1, Comparison<BinaryOps.Less>)
            .Add("LessEqual", 1, Comparison<BinaryOps.LessEqual>)
            .Add("Greater", 1, Comparison<BinaryOps.Greater>)
            .Add("GreaterEqual", 1, Comparison<BinaryOps.GreaterEqual>)
            .Add("LogicalAnd", 1, Logical<BinaryOps.And>)
            .Add("LogicalOr", 1, Logical<BinaryOps.Or>)
            .Add("LogicalXor", 1, Logical<BinaryOps.Xor>)
            .Add("Xor", 1, Logical<BinaryOps.Xor>)
            .Add("BitwiseAnd", 13, Bits<BinaryOps.BitwiseAnd>)
            .Add("BitwiseOr", 13, Bits<BinaryOps.BitwiseOr>)
            .Add("BitwiseXor", 13, Bits<BinaryOps.BitwiseXor>)
            .Add("BitwiseLeftShift", 15, Bits<BinaryOps.LeftShift>)
            .Add("BitwiseRightShift", 15, Bits<BinaryOps.RightShift>);
    }

    private static RealOperation<RealFunctions.Rare> Rare(GraphNode node, RareFunction function) => new(node, new RealFunctions.Rare(function));

    private static BinaryOperation Arithmetic<TOp>(GraphNode node)
        where TOp : struct, INumberOp => new(node, BinaryKernel.ForNumbers<TOp>, givesBoolean: false);

    private static BinaryOperation Division<TOp>(GraphNode node)
        where TOp : struct, INumberOp => new(node, BinaryKernel.ForNumbers<TOp>, givesBoolean: false, DivisorCheck.IntegerZero);

    private static BinaryOperation Comparison<TOp>(GraphNode node)
        where TOp : struct, IComparisonOp => new(node, BinaryKernel.ForComparison<TOp>, givesBoolean: true);

    private static BinaryOperation Logical<TOp>(GraphNode node)
        where TOp : struct, ILogicalOp => new(node, BinaryKernel.ForLogical<TOp>, givesBoolean: true);

    private static BinaryOperation Bits<TOp>(GraphNode node)
        where TOp : struct, IIntegerOp => new(node, BinaryKernel.ForIntegers<TOp>, givesBoolean: false);

    private static Operation CreateRound(GraphNode node) => node.Attributes.GetEnum("mode", "half_to_even") switch
    {
        "half_to_even" => new RealOperation<RealFunctions.RoundToEven>(node, default, integersUnchanged: true),
        "half_away_from_zero" => new RealOperation<RealFunctions.RoundAwayFromZero>(node, default, integersUnchanged: true),
        var mode => throw node.Error($"mode=\"{mode}\" is not supported"),
    };

    private static Operation CreateGelu(GraphNode node) => node.Attributes.GetEnum("approximation_mode", "erf") switch
    {
        "erf" => new RealOperation<RealFunctions.GeluErf>(node, default),
        "tanh" => new RealOperation<RealFunctions.GeluTanh>(node, default),
        var mode => throw node.Error($"approximation_mode=\"{mode}\" is not supported"),
    };
}
