using System.Text.Json;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>One request with its reference answer, and the model as it has to be loaded for it.</summary>
/// <param name="Servable">Name under which the server has the model so loaded.</param>
internal sealed record ModelCase(string Servable, string Id, IReadOnlyList<TestTensor> Inputs, IReadOnlyList<TestTensor> Outputs)
{
    /// <summary>Reads the tensors of one list of a case.</summary>
    public static List<TestTensor> ReadTensors(string folder, JsonElement list)
    {
        var tensors = new List<TestTensor>();
        foreach (var item in list.EnumerateArray())
        {
            var (shape, data) = NpyFile.Read(Path.Combine(folder, item.GetProperty("file").GetString()!));
            tensors.Add(new TestTensor(item.GetProperty("name").GetString()!, item.GetProperty("element_type").GetString()!, shape, data)
            {
                Abs = item.TryGetProperty("atol", out var abs) ? abs.GetDouble() : 0,
                Rel = item.TryGetProperty("rtol", out var rel) ? rel.GetDouble() : 0,
            });
        }

        return tensors;
    }
}
