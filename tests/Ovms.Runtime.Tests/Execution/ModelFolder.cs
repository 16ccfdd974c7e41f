using Ovms.Runtime.Inference;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>A folder for the files of one model, deleted in the end.</summary>
internal sealed class ModelFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ovms-model-").FullName;

    public string XmlPath => Path.Combine(_folder, "model.xml");

    public string BinPath => Path.Combine(_folder, "model.bin");

    public ModelSource Source => new() { Path = XmlPath };

    public static ModelFolder Of(IrText text)
    {
        var folder = new ModelFolder();
        folder.Write(text.Xml, text.Weights);
        return folder;
    }

    public void Write(string xml, byte[] weights)
    {
        File.WriteAllText(XmlPath, xml);
        File.WriteAllBytes(BinPath, weights);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
