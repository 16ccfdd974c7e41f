using Ovms.Generators.Common;

namespace Ovms.Generators.Routing.Model;

/// <summary>What parsing a class gave: a model to emit, unless there were errors.</summary>
internal sealed record ParsedClass(EndpointClass? Model, EquatableArray<DiagnosticInfo> Diagnostics);
