using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Resampling;

/// <summary>Interpolate-1, -4 and -11 (IR sheet §14.10): attributes, shapes and the tables of taps; the kernels are in
/// <see cref="Resampler"/>.</summary>
internal sealed class InterpolateOperation : MovementOperation
{
    private readonly int _version;
    private readonly bool _bySizes;
    private readonly bool _antialias;
    private readonly bool _alignCorners;
    private readonly long[] _begins;
    private readonly long[] _ends;
    private readonly long[] _axes;
    private readonly InterpolateMode _mode;
    private readonly CoordinateMode _coordinates;
    private readonly NearestMode _nearest;
    private readonly float _cube;

    public InterpolateOperation(GraphNode node, int version)
        : base(node)
    {
        _version = version;
        RequireInputs(version == 4 ? 3 : 2);
        var attributes = node.Attributes;
        _antialias = attributes.GetBool("antialias", false);
        (_begins, _ends) = (Pads("pads_begin"), Pads("pads_end"));
        _mode = ReadMode(attributes.GetText("mode").Trim().ToLowerInvariant());

        // Pillow's own coefficient whatever the file says: so the CPU device upstream has it.
        _cube = _mode == InterpolateMode.BicubicPillow ? -0.5f : (float)attributes.GetFloat("cube_coeff", -0.75);
        if (version == 1)
        {
            _bySizes = true;
            _axes = attributes.GetInts("axes", required: true);
            _alignCorners = attributes.GetBool("align_corners", true);
            _nearest = NearestMode.Simple;
            return;
        }

        _axes = [];
        _bySizes = attributes.GetEnum("shape_calculation_mode", "") switch
        {
            "sizes" => true,
            "scales" => false,
            var other => throw node.Error($"shape_calculation_mode \"{other}\" is not known"),
        };
        _coordinates = attributes.GetEnum("coordinate_transformation_mode", "half_pixel") switch
        {
            "half_pixel" => CoordinateMode.HalfPixel,
            "pytorch_half_pixel" => CoordinateMode.PytorchHalfPixel,
            "asymmetric" => CoordinateMode.Asymmetric,
            "tf_half_pixel_for_nn" => CoordinateMode.TfHalfPixelForNn,
            "align_corners" => CoordinateMode.AlignCorners,
            var other => throw node.Error($"coordinate_transformation_mode \"{other}\" is not known"),
        };
        _nearest = attributes.GetEnum("nearest_mode", "round_prefer_floor") switch
        {
            "round_prefer_floor" => NearestMode.RoundPreferFloor,
            "round_prefer_ceil" => NearestMode.RoundPreferCeil,
            "floor" => NearestMode.Floor,
            "ceil" => NearestMode.Ceil,
            "simple" => NearestMode.Simple,
            var other => throw node.Error($"nearest_mode \"{other}\" is not known"),
        };
    }

    /// <inheritdoc/>
    public override bool ComputesHalf => _mode == InterpolateMode.Nearest;

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, TargetInput, TargetInput) || !HaveData(context, AxesInput, AxesInput))
        {
            return false;
        }

        var data = context.Input(0);
        if (_mode == InterpolateMode.Nearest ? ElementSize(data.Type) == 0 : !Resampler.Supports(data.Type))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported in this mode");
        }

        Span<float> scales = stackalloc float[Shape.MaxRank];
        context.SetOutput(0, data.Type, OutputShape(context, scales));
        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context)
    {
        var plan = CreatePlan(context);
        context.State = plan;
        context.RequestScratch(plan.ScratchBytes);
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var resampler = (Resampler)context.State!;
        if (context.Output(0).Count == 0)
        {
            return;
        }

        if (_mode == InterpolateMode.Nearest)
        {
            resampler.Pick(context.Input(0).Bytes, context.Output(0).Bytes, ElementSize(context.Input(0).Type));
        }
        else
        {
            resampler.Blend(context.Input(0), context.Output(0), context.Scratch);
        }
    }

    private int AxesInput => _version == 4 ? 3 : 2;

    private int TargetInput => _version == 4 && !_bySizes ? 2 : 1;

    private InterpolateMode ReadMode(string mode) => mode switch
    {
        "nearest" => InterpolateMode.Nearest,
        "linear" => InterpolateMode.Linear,
        "cubic" => InterpolateMode.Cubic,
        "linear_onnx" when _version > 1 => InterpolateMode.LinearOnnx,
        "bilinear_pillow" when _version > 4 => InterpolateMode.BilinearPillow,
        "bicubic_pillow" when _version > 4 => InterpolateMode.BicubicPillow,
        _ => throw Node.Error($"mode \"{mode}\" is not supported"),
    };

    private long[] Pads(string name)
    {
        var pads = Node.Attributes.GetInts(name);
        return Array.TrueForAll(pads, static pad => pad is >= 0 and <= int.MaxValue) ? pads : throw Node.Error($"attribute {name} has a negative entry");
    }

    private int ReadAxes(OperationContext context, Span<int> axes)
    {
        var rank = context.Input(0).Shape.Rank;
        var input = _version > 1 && context.HasInput(AxesInput) ? context.Input(AxesInput) : null;
        var count = input?.Count ?? (_version == 1 ? _axes.Length : rank);
        if (count > rank)
        {
            throw Node.Error($"{count} axes for a rank of {rank}");
        }

        for (var i = 0; i < count; i++)
        {
            axes[i] = Axis(input is not null ? ReadInt(input, i) : _version == 1 ? _axes[i] : i, rank);
            if (axes[..i].Contains(axes[i]))
            {
                throw Node.Error($"axis {axes[i]} is listed twice");
            }
        }

        return count;
    }

    private static long At(long[] pads, int axis) => axis < pads.Length ? pads[axis] : 0;

    /// <summary>The output shape; <paramref name="scales"/> per axis of the data.</summary>
    private Shape OutputShape(OperationContext context, Span<float> scales)
    {
        var shape = context.Input(0).Shape;
        for (var i = 0; i < shape.Rank; i++)
        {
            scales[i] = 1;
            shape[i] = checked(shape[i] + At(_begins, i) + At(_ends, i));
        }

        Span<int> axes = stackalloc int[Shape.MaxRank];
        axes = axes[..ReadAxes(context, axes)];
        var target = context.Input(TargetInput);
        if (target.Count != axes.Length)
        {
            throw Node.Error($"{target.Count} target sizes for {axes.Length} axes");
        }

        for (var i = 0; i < axes.Length; i++)
        {
            var size = shape[axes[i]];
            if (_bySizes)
            {
                shape[axes[i]] = ReadInt(target, i);
                scales[axes[i]] = (float)shape[axes[i]] / size;
            }
            else
            {
                var scale = ReadScale(target, i);
                shape[axes[i]] = scale == 1 ? size : (long)(size * (scale + 1e-6f));
                scales[axes[i]] = scale;
            }

            if (shape[axes[i]] is < 0 or > int.MaxValue || (size == 0 && shape[axes[i]] > 0))
            {
                throw Node.Error($"a dimension of {size} cannot become {shape[axes[i]]}");
            }
        }

        return shape;
    }

    private float ReadScale(TensorValue scales, int index)
    {
        var scale = scales.Type switch
        {
            ElementType.F32 => scales.As<float>()[index],
            ElementType.F16 => (float)scales.As<Half>()[index],
            ElementType.BF16 => BitConverter.UInt32BitsToSingle((uint)scales.As<ushort>()[index] << 16),
            ElementType.F64 => (float)scales.As<double>()[index],
            _ => throw Node.Error($"scales of type {scales.Type.IrName()} are not supported"),
        };
        return scale > 0 && float.IsFinite(scale) ? scale : throw Node.Error($"a scale of {scale}");
    }

    private Resampler CreatePlan(OperationContext context)
    {
        Span<float> scales = stackalloc float[Shape.MaxRank];
        var output = OutputShape(context, scales);
        var data = context.Input(0).Shape;
        var sampler = CreateSampler(data.Rank, context);
        var antialias = _antialias && scales[..data.Rank].ContainsAnyInRange(0f, MathF.BitDecrement(1f));
        var taps = new List<AxisTaps>();
        for (var i = 0; i < data.Rank; i++)
        {
            var padded = (int)(data[i] + At(_begins, i) + At(_ends, i));
            if (output.ElementCount > 0 && (output[i] != padded || padded != data[i]))
            {
                var axis = sampler.Build(i, padded, (int)output[i], scales[i], antialias);
                taps.Add(Unpadded(axis, (int)At(_begins, i), (int)data[i]));
            }
        }

        return new Resampler(data, output, context.Input(0).Type, taps.ToArray(), _mode is InterpolateMode.BilinearPillow or InterpolateMode.BicubicPillow);
    }

    private AxisSampler CreateSampler(int rank, OperationContext context)
    {
        var (mode, coordinates) = (_mode, _coordinates);
        if (_version == 1)
        {
            mode = mode == InterpolateMode.Linear && rank < 5 ? InterpolateMode.LinearOnnx : mode;
            var padded = Array.Exists(_begins, static p => p != 0) || Array.Exists(_ends, static p => p != 0);
            Span<int> axes = stackalloc int[Shape.MaxRank];
            axes = axes[..ReadAxes(context, axes)];
            axes.Sort();
            var linear = mode is InterpolateMode.Linear or InterpolateMode.LinearOnnx;
            coordinates = _alignCorners ? CoordinateMode.AlignCorners
                : linear && !padded && !(rank == 4 && axes is [2, 3]) ? CoordinateMode.HalfPixel
                : CoordinateMode.Asymmetric;
        }

        return new AxisSampler { Mode = mode, Coordinates = coordinates, Nearest = _nearest, CubeCoefficient = _cube };
    }

    /// <summary>Moves indices from the padded to the real axis; taps in the padding weigh nothing.</summary>
    private static AxisTaps Unpadded(AxisTaps taps, int begin, int size)
    {
        for (var i = 0; i < taps.Indices.Length; i++)
        {
            var index = taps.Indices[i] - begin;
            var inside = index >= 0 && index < size;
            (taps.Indices[i], taps.Weights[i]) = inside ? (index, taps.Weights[i]) : (taps.Count == 1 ? -1 : 0, 0);
        }

        return taps;
    }
}
