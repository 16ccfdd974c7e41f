using Ovms.Generators.Common;

namespace Ovms.Generators.Proto.Model;

/// <summary>One value type: kind and full C# name without nullable annotation.</summary>
internal sealed record ValueModel(ScalarKind Kind, string Type);

/// <summary>One field of a message.</summary>
/// <param name="Name">Property name.</param>
/// <param name="Accessibility">Accessibility of the property.</param>
/// <param name="Type">Full type of the property with nullable annotation.</param>
/// <param name="Number">Field number.</param>
/// <param name="Cardinality">How often it occurs.</param>
/// <param name="Value">Element, or map value.</param>
/// <param name="Key">Map key.</param>
/// <param name="WritePacked">Whether repeated numbers are written packed.</param>
/// <param name="Oneof">Name of the oneof, or null.</param>
internal sealed record FieldModel(
    string Name, string Accessibility, string Type, int Number, Cardinality Cardinality, ValueModel Value, ValueModel? Key, bool WritePacked, string? Oneof);

/// <summary>One message class.</summary>
/// <param name="Namespace">Namespace, empty for the global one.</param>
/// <param name="Containers">Enclosing types, outermost first, as <c>class Name</c>.</param>
/// <param name="Name">Class name.</param>
/// <param name="Fields">Fields by ascending number: the order of writing.</param>
internal sealed record MessageModel(string Namespace, EquatableArray<string> Containers, string Name, EquatableArray<FieldModel> Fields)
{
    /// <summary>Stable and unique name of the generated file.</summary>
    public string HintName
    {
        get
        {
            var name = Namespace.Length == 0 ? string.Empty : Namespace + ".";
            foreach (var container in Containers)
            {
                name += container.Substring(container.LastIndexOf(' ') + 1) + ".";
            }

            return name + Name + ".Proto.g.cs";
        }
    }
}

/// <summary>What parsing a class gave: a model to emit, unless there were errors.</summary>
internal sealed record ParsedMessage(MessageModel? Model, EquatableArray<DiagnosticInfo> Diagnostics);
