using System.Text;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest.Json;
using Ovms.Server.Rest.TfServing;
using Ovms.Server.Tests.Dispatch;

namespace Ovms.Server.Tests.Rest.TfServing;

/// <summary>Parses predict bodies for a model of given inputs, in every way of cutting them into buffers.</summary>
internal sealed class BodyHarness : IDisposable
{
    private readonly TensorMemoryPool _pool = new(1 << 20);
    private readonly FakeModel _model;
    private readonly ServableVersion _servable;

    public BodyHarness(params TensorDescriptor[] inputs)
    {
        _model = new FakeModel(inputs);
        _servable = new ServableVersion("dummy", 1, _model);
        Inputs = new PredictInputs(_pool, 1 << 30);
        Reader = new PredictBodyReader(Inputs);
    }

    public PredictInputs Inputs { get; }

    public PredictBodyReader Reader { get; }

    public TensorMemoryPool Pool => _pool;

    public static TensorDescriptor Input(string name, ElementType type, params long[] shape) => FakeModel.Describe(name, type, PartialShape.Of(shape));

    public static BodyHarness One(ElementType type, params long[] shape) => new(Input("b", type, shape));

    public void Begin(long length = 0)
    {
        Inputs.Release();
        Reader.Begin(_servable, length);
    }

    /// <summary>Parses in one piece.</summary>
    public ServingFault Parse(string body) => Parse(Encoding.Latin1.GetBytes(body), int.MaxValue);

    /// <summary>Parses in pieces of <paramref name="piece"/> bytes.</summary>
    public ServingFault Parse(byte[] body, int piece)
    {
        Begin(body.Length);
        for (var at = 0; at < body.Length; at += piece)
        {
            if (!Reader.Feed(body.AsSpan(at, Math.Min(piece, body.Length - at))))
            {
                break;
            }

            if (piece == int.MaxValue)
            {
                break;
            }
        }

        return Reader.Finish();
    }

    /// <summary>Parses whole, byte by byte, and in pieces of 2 to 41 bytes: the verdict must be the same each time.</summary>
    public ServingFault ParseEveryWay(string body)
    {
        var bytes = Encoding.Latin1.GetBytes(body);
        var fault = Parse(bytes, int.MaxValue);
        var outcome = Describe(fault);
        foreach (var piece in (int[])[1, 2, 3, 7, 16, 40, 41, 64])
        {
            Assert.Equal(outcome, Describe(Parse(bytes, piece)));
        }

        return fault;
    }

    /// <summary>Validates what was parsed as the dispatcher does.</summary>
    public ServingFault Validate() => PredictValidator.Validate(_servable, Inputs);

    public T[] Values<T>(int index = 0)
        where T : unmanaged => Inputs.HostTensor(index)!.As<T>().ToArray();

    public string ShapeOf(int index = 0) => Inputs.TryGetShape(index, out var shape, out var text) ? shape.ToString() : text!;

    public void Dispose()
    {
        Inputs.Release();
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
        _servable.ReleaseLease();
    }

    private string Describe(ServingFault fault)
    {
        var text = new StringBuilder(fault.Message).Append('|').Append(Reader.IsRowFormat);
        if (fault.IsFault)
        {
            return text.ToString();
        }

        text.Append('|').Append(Inputs.Count);
        for (var i = 0; i < Inputs.Declared.Count; i++)
        {
            if (Inputs.IndexOf(Inputs.Declared[i].NameUtf8) >= 0)
            {
                text.Append('|').Append(Inputs.TypeOf(i)).Append(ShapeOf(i)).Append(Convert.ToHexString(Inputs.HostTensor(i) is { } tensor ? tensor.Bytes : default));
            }
        }

        return text.ToString();
    }
}
