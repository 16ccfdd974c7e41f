using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Ovms.Generators.Proto;
using Ovms.Tests.Shared;

namespace Ovms.Generators.Tests.Proto;

/// <summary>Emitted code against files under <c>Baselines</c>; OVMS_UPDATE_BASELINES=1 rewrites them.</summary>
public sealed class ProtoBaselineTests
{
    private const string Source = """
        using Ovms.Runtime.Protobuf;

        namespace Sample;

        public enum Color { None, [ProtoEnum(Name = "RED")] Red = 1 }

        [ProtoContract]
        public sealed partial class Numbers
        {
            [ProtoMember(3, DataFormat = DataFormat.FixedSize)] public partial ulong Fixed { get; set; }
            [ProtoMember(1)] public partial int Plain { get; set; }
            [ProtoMember(2, DataFormat = DataFormat.ZigZag)] public partial int? Optional { get; set; }
            [ProtoMember(4)] public partial ProtoList<int> Packed { get; }
            [ProtoMember(5, IsPacked = false)] public partial ProtoList<Color> Unpacked { get; }
            [ProtoMember(6)] public partial ProtoPacked<float> Slices { get; }
        }

        [ProtoContract]
        public sealed partial class Parts
        {
            [ProtoMember(1)] public partial string Text { get; set; }
            [ProtoMember(2)] public partial byte[] Bytes { get; set; }
            [ProtoMember(3)] public partial Utf8Slice Utf8 { get; set; }
            [ProtoMember(4)] public partial ByteSlice Slice { get; set; }
            [ProtoMember(5)] public partial Numbers? Numbers { get; set; }
            [ProtoMember(6)] public partial ProtoMessageList<Parts> Children { get; }
            [ProtoMember(7)] public partial ProtoMap<Utf8Slice, Numbers> ByName { get; }
            [ProtoMap(KeyFormat = DataFormat.ZigZag)]
            [ProtoMember(8)] public partial ProtoMap<int, double> Weights { get; }
        }

        internal partial class Outer
        {
            [ProtoContract]
            internal sealed partial class Choice
            {
                [ProtoOneof("Kind")] [ProtoMember(1)] public partial bool Flag { get; set; }
                [ProtoOneof("Kind")] [ProtoMember(100)] public partial Parts? Parts { get; set; }
            }
        }
        """;

    [Theory]
    [InlineData("Sample.Numbers.Proto.g.cs")]
    [InlineData("Sample.Parts.Proto.g.cs")]
    [InlineData("Sample.Outer.Choice.Proto.g.cs")]
    public void Generator_SampleMessages_EmitsBaseline(string hint)
    {
        var emitted = ProtoCompilation.Run(Source).Results[0].GeneratedSources.Single(s => s.HintName == hint).SourceText.ToString();
        var path = Path.Combine(Repository.Root, "tests/Ovms.Generators.Tests/Proto/Baselines", hint + ".txt");

        if (Environment.GetEnvironmentVariable("OVMS_UPDATE_BASELINES") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, emitted);
        }

        Assert.Equal(File.ReadAllText(path), emitted);
    }

    [Fact]
    public void Generator_SampleMessages_CompileWithoutWarnings() => Assert.Empty(ProtoCompilation.Compile(Source));

    [Fact]
    public void Generator_SameSourceTwice_EmitsTheSame()
    {
        static string All() => string.Join('\n', ProtoCompilation.Run(Source).Results[0].GeneratedSources.Select(static s => s.HintName + s.SourceText));

        Assert.Equal(All(), All());
    }

    [Fact]
    public void Generator_UnrelatedEdit_RegeneratesNothing()
    {
        var compilation = ProtoCompilation.Create(Source);
        var edited = compilation.AddSyntaxTrees(Parse("class Unrelated { }", "Other.cs"));

        AssertNothingRegenerated(compilation, edited, messagesChanged: false);
    }

    [Fact]
    public void Generator_EditAboveTheClasses_RegeneratesNothing()
    {
        var compilation = ProtoCompilation.Create(Source);
        var edited = compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[0], Parse("// a comment\n" + Source, "Messages.cs"));

        AssertNothingRegenerated(compilation, edited, messagesChanged: false);
    }

    [Fact]
    public void Generator_FieldNumberChanged_RegeneratesThatMessage()
    {
        var compilation = ProtoCompilation.Create(Source);
        var edited = compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[0], Parse(Source.Replace("ProtoMember(100)", "ProtoMember(101)"), "Messages.cs"));

        AssertNothingRegenerated(compilation, edited, messagesChanged: true);
    }

    private static SyntaxTree Parse(string source, string path) =>
        CSharpSyntaxTree.ParseText(source, ProtoCompilation.ParseOptions, path, cancellationToken: TestContext.Current.CancellationToken);

    private static void AssertNothingRegenerated(CSharpCompilation before, CSharpCompilation after, bool messagesChanged)
    {
        var token = TestContext.Current.CancellationToken;

        var result = ProtoCompilation.Driver().RunGenerators(before, token).RunGenerators(after, token).GetRunResult().Results[0];

        var reasons = result.TrackedSteps[ProtoGenerator.MessagesStep].SelectMany(static s => s.Outputs).Select(static o => o.Reason).ToArray();
        Assert.Equal(3, reasons.Length);
        Assert.Equal(messagesChanged ? 1 : 0, reasons.Count(static r => r is IncrementalStepRunReason.Modified or IncrementalStepRunReason.New));
        if (!messagesChanged)
        {
            Assert.All(result.TrackedOutputSteps.SelectMany(static s => s.Value).SelectMany(static s => s.Outputs), static o =>
                Assert.Equal(IncrementalStepRunReason.Cached, o.Reason));
        }
    }
}
