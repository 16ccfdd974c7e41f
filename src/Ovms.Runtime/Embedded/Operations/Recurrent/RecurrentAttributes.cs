using System.Numerics.Tensors;
using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Recurrent;

/// <summary>Attributes of recurrent cells and sequences (IR sheet §15.2).</summary>
internal sealed class RecurrentAttributes
{
    private readonly GateActivation[] _activations;
    private readonly float _clip;

    /// <summary>Reads the attributes of a layer.</summary>
    /// <exception cref="Errors.ModelLoadException">An attribute is wrong or asks for something unknown.</exception>
    public RecurrentAttributes(GraphNode node, RecurrentKind kind, bool isSequence)
    {
        var attributes = node.Attributes;
        Kind = kind;
        HiddenSize = attributes.GetInt("hidden_size");
        if (HiddenSize is < 1 or > int.MaxValue / 16)
        {
            throw node.Error($"attribute hidden_size has the value {HiddenSize}");
        }

        var names = attributes.GetTexts("activations");
        GateActivation[] defaults = kind switch
        {
            RecurrentKind.Lstm => [GateActivation.Sigmoid, GateActivation.Tanh, GateActivation.Tanh],
            RecurrentKind.Gru => [GateActivation.Sigmoid, GateActivation.Tanh],
            _ => [GateActivation.Tanh],
        };
        if (names.Length != 0 && names.Length != defaults.Length)
        {
            throw node.Error($"attribute activations needs {defaults.Length} values");
        }

        _activations = names.Length == 0 ? defaults : Array.ConvertAll(names, name => name.ToLowerInvariant() switch
        {
            "sigmoid" => GateActivation.Sigmoid,
            "tanh" => GateActivation.Tanh,
            "relu" => GateActivation.Relu,
            _ => throw node.Error($"activation '{name}' is not supported"),
        });
        var clip = attributes.GetFloat("clip", 0);
        _clip = clip > 0 && double.IsFinite(clip) ? (float)clip : 0;
        LinearBeforeReset = kind == RecurrentKind.Gru && attributes.GetBool("linear_before_reset", false);
        InputForget = kind == RecurrentKind.Lstm && attributes.GetBool("input_forget", false);
        Direction = isSequence ? attributes.GetEnum("direction", "forward") : "forward";
        if (Direction is not ("forward" or "reverse" or "bidirectional"))
        {
            throw node.Error($"attribute direction=\"{Direction}\" is not known");
        }

        GateOrder = attributes.GetEnum("weights_format", "fico");
        if (GateOrder is not ("fico" or "icof" or "ifco" or "ifoc" or "iofc"))
        {
            throw node.Error($"attribute weights_format=\"{GateOrder}\" is not known");
        }
    }

    /// <summary>The cell.</summary>
    public RecurrentKind Kind { get; }

    /// <summary>Size of the state.</summary>
    public long HiddenSize { get; }

    /// <summary>GRU: the reset gate acts after the product.</summary>
    public bool LinearBeforeReset { get; }

    /// <summary>LSTM: the input gate is one minus the forget gate.</summary>
    public bool InputForget { get; }

    /// <summary>forward, reverse or bidirectional.</summary>
    public string Direction { get; }

    /// <summary>Order of the LSTM's gates in weights and biases.</summary>
    public string GateOrder { get; }

    /// <summary>Directions: 1 or 2.</summary>
    public int Directions => Direction == "bidirectional" ? 2 : 1;

    /// <summary>Gates of the cell.</summary>
    public int Gates => Kind switch
    {
        RecurrentKind.Lstm => 4,
        RecurrentKind.Gru => 3,
        _ => 1,
    };

    /// <summary>Rows of the bias for a state of one.</summary>
    public int BiasGates => LinearBeforeReset ? 4 : Gates;

    /// <summary>Whether a direction walks backwards.</summary>
    public bool IsReverse(int direction) => Direction == "reverse" || direction == 1;

    /// <summary>Limits pre-activation sums.</summary>
    public void Clip(Span<float> values)
    {
        if (_clip > 0)
        {
            TensorPrimitives.Clamp(values, -_clip, _clip, values);
        }
    }

    /// <summary>Applies the activation at a position of the list.</summary>
    public void Activate(int position, Span<float> values)
    {
        switch (_activations[position])
        {
            case GateActivation.Sigmoid: TensorPrimitives.Sigmoid(values, values); break;
            case GateActivation.Tanh: TensorPrimitives.Tanh(values, values); break;
            default: TensorPrimitives.Max(values, 0f, values); break;
        }
    }
}
