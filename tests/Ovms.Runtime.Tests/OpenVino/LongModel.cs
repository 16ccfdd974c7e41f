using System.Globalization;
using System.Text;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>A chain of matrix products: hundreds of milliseconds in many operations, so that there is something to cancel between.</summary>
internal static class LongModel
{
    public const int Size = 768;

    private const int Length = 60;

    /// <summary>Writes the IR into the test's folder and returns its path.</summary>
    public static string Write()
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "openvino-long"));
        var layers = new StringBuilder();
        var edges = new StringBuilder();
        layers.Append(CultureInfo.InvariantCulture, $"<layer id=\"0\" name=\"x\" type=\"Parameter\" version=\"opset1\"><data shape=\"{Size},{Size}\" element_type=\"f32\"/><output>{Port(0, " names=\"x\"")}</output></layer>");
        for (var i = 1; i <= Length; i++)
        {
            layers.Append(CultureInfo.InvariantCulture, $"<layer id=\"{i}\" name=\"m{i}\" type=\"MatMul\" version=\"opset1\"><data transpose_a=\"false\" transpose_b=\"false\"/><input>{Port(0)}{Port(1)}</input><output>{Port(2, i == Length ? " names=\"y\"" : "")}</output></layer>");
            var from = i == 1 ? 0 : 2;
            edges.Append(CultureInfo.InvariantCulture, $"<edge from-layer=\"{i - 1}\" from-port=\"{from}\" to-layer=\"{i}\" to-port=\"0\"/><edge from-layer=\"0\" from-port=\"0\" to-layer=\"{i}\" to-port=\"1\"/>");
        }

        layers.Append(CultureInfo.InvariantCulture, $"<layer id=\"{Length + 1}\" name=\"r\" type=\"Result\" version=\"opset1\"><input>{Port(0)}</input></layer>");
        edges.Append(CultureInfo.InvariantCulture, $"<edge from-layer=\"{Length}\" from-port=\"2\" to-layer=\"{Length + 1}\" to-port=\"0\"/>");
        var path = Path.Combine(folder.FullName, $"{Guid.NewGuid():N}.xml");
        File.WriteAllText(path, $"<?xml version=\"1.0\"?><net name=\"long\" version=\"11\"><layers>{layers}</layers><edges>{edges}</edges></net>");
        File.WriteAllBytes(Path.ChangeExtension(path, ".bin"), []);
        return path;
    }

    private static string Port(int id, string names = "") =>
        string.Create(CultureInfo.InvariantCulture, $"<port id=\"{id}\" precision=\"FP32\"{names}><dim>{Size}</dim><dim>{Size}</dim></port>");
}
