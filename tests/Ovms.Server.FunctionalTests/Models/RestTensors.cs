using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>Cases as JSON of the TensorFlow Serving API (W§3.3, §3.4).</summary>
internal static partial class RestTensors
{
    /// <summary>Whether nested arrays can express the shapes: nothing tells the sizes inside an empty array.</summary>
    public static bool CanExpress(ModelCase item) => item.Inputs.All(static t => Array.IndexOf(t.Shape, 0) is var at && (at < 0 || at == t.Shape.Length - 1));

    /// <summary>Whether the case can be sent row by row: all inputs and outputs have the same number of rows.</summary>
    public static bool HasRows(ModelCase item)
    {
        var tensors = item.Inputs.Concat(item.Outputs).ToList();
        return tensors.TrueForAll(static t => t.Shape.Length > 0) && tensors[0].Shape[0] > 0 && tensors.TrueForAll(t => t.Shape[0] == tensors[0].Shape[0]);
    }

    /// <summary>The body in column format.</summary>
    public static string Columns(ModelCase item)
    {
        var text = new StringBuilder("{\"inputs\": {");
        for (var i = 0; i < item.Inputs.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ").Append(JsonSerializer.Serialize(item.Inputs[i].Name)).Append(": ");
            Write(text, item.Inputs[i], 0, 0);
        }

        return text.Append("}}").ToString();
    }

    /// <summary>The body in row format; unnamed when the model has one input.</summary>
    public static string Rows(ModelCase item)
    {
        var text = new StringBuilder("{\"instances\": [");
        for (var row = 0; row < item.Inputs[0].Shape[0]; row++)
        {
            text.Append(row == 0 ? "" : ", ").Append(item.Inputs.Count == 1 ? "" : "{");
            for (var i = 0; i < item.Inputs.Count; i++)
            {
                if (item.Inputs.Count > 1)
                {
                    text.Append(i == 0 ? "" : ", ").Append(JsonSerializer.Serialize(item.Inputs[i].Name)).Append(": ");
                }

                Write(text, item.Inputs[i], 1, row * (item.Inputs[i].Count / item.Inputs[i].Shape[0]));
            }

            text.Append(item.Inputs.Count == 1 ? "" : "}");
        }

        return text.Append("]}").ToString();
    }

    /// <summary>The outputs of an answer in column format.</summary>
    public static List<TestTensor> ReadColumns(string body, ModelCase item)
    {
        var outputs = Parse(body).GetProperty("outputs");
        return [.. item.Outputs.Select(want => Read(item.Outputs.Count == 1 ? outputs : outputs.GetProperty(want.Name), want))];
    }

    /// <summary>The outputs of an answer in row format.</summary>
    public static List<TestTensor> ReadRows(string body, ModelCase item)
    {
        var rows = Parse(body).GetProperty("predictions");
        var tensors = new List<TestTensor>();
        foreach (var want in item.Outputs)
        {
            var parts = rows.EnumerateArray().Select(row => Read(item.Outputs.Count == 1 ? row : row.GetProperty(want.Name), want)).ToList();
            tensors.Add(new TestTensor(want.Name, want.Type, [parts.Count, .. parts[0].Shape], [.. parts.SelectMany(static p => p.Data)]));
        }

        return tensors;
    }

    // NaN and the infinities are bare tokens in answers (W§3.4): no JSON, so they are quoted for the parser.
    private static JsonElement Parse(string body) => JsonElement.Parse(BareToken().Replace(body, "\"$0\""));

    private static void Write(StringBuilder text, TestTensor tensor, int axis, long first)
    {
        var size = ElementTable.Size(tensor.Type);
        if (axis == tensor.Shape.Length)
        {
            text.Append(ElementTable.ToJson(tensor.Type, tensor.Data.AsSpan((int)first * size, size)));
            return;
        }

        var stride = tensor.Shape[(axis + 1)..].Aggregate(1L, static (product, length) => product * length);
        text.Append('[');
        for (var i = 0; i < tensor.Shape[axis]; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            Write(text, tensor, axis + 1, first + (i * stride));
        }

        text.Append(']');
    }

    private static TestTensor Read(JsonElement value, TestTensor want)
    {
        var shape = new List<long>();
        for (var at = value; at.ValueKind == JsonValueKind.Array; at = at[0])
        {
            shape.Add(at.GetArrayLength());
            if (at.GetArrayLength() == 0)
            {
                break;
            }
        }

        var data = new MemoryStream();
        Append(value, 0);
        return new TestTensor(want.Name, want.Type, [.. shape], data.ToArray());

        void Append(JsonElement at, int axis)
        {
            if (axis == shape.Count)
            {
                Span<byte> bytes = stackalloc byte[ElementTable.Size(want.Type)];
                ElementTable.FromJson(want.Type, at.ToString(), bytes);
                data.Write(bytes);
                return;
            }

            Assert.Equal(shape[axis], at.GetArrayLength());
            foreach (var item in at.EnumerateArray())
            {
                Append(item, axis + 1);
            }
        }
    }

    [GeneratedRegex(@"(?<=[\[\s,])(-?Infinity|NaN)(?=[\s,\]])")]
    private static partial Regex BareToken();
}
