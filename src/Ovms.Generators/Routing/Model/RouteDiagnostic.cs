using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Ovms.Generators.Routing.Model;

/// <summary>A diagnostic by value: a <see cref="Location"/> would keep the whole syntax tree alive.</summary>
internal sealed record RouteDiagnostic(
    DiagnosticDescriptor Descriptor, string Path, TextSpan Span, LinePositionSpan Lines, EquatableArray<string> Arguments)
{
    public static RouteDiagnostic Create(DiagnosticDescriptor descriptor, Location? location, params string[] arguments)
    {
        var lines = location?.GetLineSpan();
        return new RouteDiagnostic(
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

/// <summary>What parsing a class gave: a model to emit, unless there were errors.</summary>
internal sealed record ParsedClass(EndpointClass? Model, EquatableArray<RouteDiagnostic> Diagnostics);
