using Microsoft.CodeAnalysis;

namespace Ovms.Generators.Tests.Proto;

/// <summary>Each diagnostic with its id, its text and the place it points at.</summary>
public sealed class ProtoDiagnosticsTests
{
    [Theory]
    [InlineData("OVMS0001", "M", "[ProtoContract] public sealed class M { }")]
    [InlineData("OVMS0001", "M", "[ProtoContract] public partial class M<T> { }")]
    [InlineData("OVMS0001", "M", "[ProtoContract] public abstract partial class M { }")]
    [InlineData("OVMS0001", "M", "[ProtoContract] public sealed partial class M { public M(int x) { } }")]
    [InlineData("OVMS0001", "M", "public class Outer { [ProtoContract] public sealed partial class M { } }")]
    [InlineData("OVMS0002", "A", "[ProtoMember(1)] public int A { get; set; }", true)]
    [InlineData("OVMS0002", "A", "[ProtoMember(1)] public partial int A { get; }", true)]
    [InlineData("OVMS0002", "A", "[ProtoMember(1)] public partial ProtoList<int> A { get; set; }", true)]
    [InlineData("OVMS0002", "A", "[ProtoMember(1)] public partial int A { get; init; }", true)]
    [InlineData("OVMS0003", "A", "[ProtoMember(0)] public partial int A { get; set; }", true)]
    [InlineData("OVMS0003", "A", "[ProtoMember(19500)] public partial int A { get; set; }", true)]
    [InlineData("OVMS0003", "A", "[ProtoMember(536870912)] public partial int A { get; set; }", true)]
    [InlineData("OVMS0004", "B", "[ProtoMember(1)] public partial int A { get; set; } [ProtoMember(1)] public partial int B { get; set; }", true)]
    [InlineData("OVMS0005", "A", "[ProtoMember(1)] public partial decimal A { get; set; }", true)]
    [InlineData("OVMS0005", "A", "[ProtoMember(1)] public partial System.Collections.Generic.List<int> A { get; }", true)]
    [InlineData("OVMS0005", "A", "[ProtoMember(1)] public partial ProtoPacked<Color> A { get; }", true)]
    [InlineData("OVMS0005", "A", "[ProtoMember(1)] public partial ProtoList<M> A { get; }", true)]
    [InlineData("OVMS0006", "A", "[ProtoMember(1, DataFormat = DataFormat.ZigZag)] public partial uint A { get; set; }", true)]
    [InlineData("OVMS0006", "A", "[ProtoMember(1, DataFormat = DataFormat.FixedSize)] public partial string A { get; set; }", true)]
    [InlineData("OVMS0007", "A", "[ProtoOneof(\"Kind\")] [ProtoMember(1)] public partial ProtoList<int> A { get; }", true)]
    [InlineData("OVMS0007", "A", "[ProtoOneof(\"Kind\")] [ProtoMember(1)] public partial int? A { get; set; }", true)]
    [InlineData("OVMS0008", "A", "[ProtoMember(1)] public partial ProtoMap<double, int> A { get; }", true)]
    [InlineData("OVMS0008", "A", "[ProtoMember(1)] public partial ProtoMap<Color, int> A { get; }", true)]
    [InlineData("OVMS0009", "A", "[ProtoMember(1)] public partial M A { get; set; }", true)]
    [InlineData("OVMS0010", "A", "public sealed partial class M { [ProtoMember(1)] public int A { get; set; } }")]
    [InlineData("OVMS0011", "A", "[ProtoMember(1, IsPacked = true)] public partial int A { get; set; }", true)]
    [InlineData("OVMS0011", "A", "[ProtoMap] [ProtoMember(1)] public partial int A { get; set; }", true)]
    public void Generator_WrongMessage_ReportsIdAtTheName(string id, string name, string code, bool isBody = false)
    {
        var source = "using Ovms.Runtime.Protobuf;\nenum Color { None }\n" + (isBody ? "[ProtoContract] sealed partial class M { " + code + " }" : code);

        var result = ProtoCompilation.Run(source);

        var problem = Assert.Single(result.Diagnostics);
        Assert.Equal(id, problem.Id);
        Assert.Equal("Messages.cs", problem.Location.GetLineSpan().Path);
        Assert.Equal(2, problem.Location.GetLineSpan().StartLinePosition.Line);
        Assert.Equal(name, source.Substring(problem.Location.SourceSpan.Start, problem.Location.SourceSpan.Length));
        Assert.Contains($"'{name}'", problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Equal(problem.Severity == DiagnosticSeverity.Error || id == "OVMS0010", result.Results[0].GeneratedSources.IsEmpty);
    }

    [Fact]
    public void Generator_RightMessage_ReportsNothing()
    {
        var result = ProtoCompilation.Run("""
            using Ovms.Runtime.Protobuf;
            [ProtoContract] public sealed partial class M { [ProtoMember(1)] public partial M? Next { get; set; } }
            """);

        Assert.Empty(result.Diagnostics);
        Assert.Single(result.Results[0].GeneratedSources);
    }
}
