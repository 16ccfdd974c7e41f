using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Ovms.Generators.Common;

/// <summary>A diagnostic by value: a <see cref="Location"/> would keep the whole syntax tree alive.</summary>
internal sealed record DiagnosticInfo(
    DiagnosticDescriptor Descriptor, string Path, TextSpan Span, LinePositionSpan Lines, EquatableArray<string> Arguments)
{
    public static DiagnosticInfo Create(DiagnosticDescriptor descriptor, Location? location, params string[] arguments)
    {
        var lines = location?.GetLineSpan();
        return new DiagnosticInfo(
            descriptor, lines?.Path ?? string.Empty, location?.SourceSpan ?? default, lines?.Span ?? default, new EquatableArray<string>(arguments));
    }

    public Diagnostic ToDiagnostic()
    {
        var arguments = new object[Arguments.Count];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = Arguments[i];
        }

        return Diagnostic.Create(Descriptor, Location.Create(Path, Span, Lines), arguments);
    }
}
