using Ovms.Generators.Proto.Model;

namespace Ovms.Generators.Proto;

internal sealed partial class ProtoEmitter
{
    private void EmitMeasure()
    {
        _code.Line();
        _code.Line("/// <inheritdoc/>");
        _code.Line("public long MeasuredSize => _measuredSize;");
        _code.Line();
        _code.Line("/// <inheritdoc/>");
        _code.Open("public long MeasureSize()");
        _code.Line("long size = 0;");
        foreach (var field in model.Fields)
        {
            _code.Open(Condition(field));
            EmitMeasure(field);
            _code.Close();
            _code.Line();
        }

        _code.Line("return _measuredSize = size;");
        _code.Close();
        foreach (var field in model.Fields)
        {
            if (field.Cardinality == Cardinality.Map)
            {
                EmitEntrySize(field);
            }
        }
    }

    /// <summary>The condition under which a field is written; declares what the code inside uses.</summary>
    private static string Condition(FieldModel field) => field switch
    {
        { Cardinality: >= Cardinality.Repeated } => $"if ({field.Store()} is {{ Count: > 0 }} {Local(field)})",
        { Cardinality: Cardinality.Optional } => $"if ({field.Store()} is {{ }} {Local(field)})",
        { Oneof: not null } => $"if ({FieldNames.CaseStore(field.Oneof)} == {field.CaseValue()})",
        _ when field.IsMessage() => $"if ({field.Has()})",
        _ => $"if ({field.Value.IsSet(field.Store())})",
    };

    private static string Local(FieldModel field) => "field" + field.Number;

    private static string SizeOf(ValueModel value, string expression) => value.Kind.FixedSize() is > 0 and var size
        ? size.ToString()
        : value.Kind == ScalarKind.Message
            ? $"{FieldNames.Space}ProtoSize.Prefixed({expression}.MeasuredSize)"
            : $"{FieldNames.Space}ProtoSize.{value.Kind.Suffix()}({value.Raw(expression)})";

    private void EmitMeasure(FieldModel field)
    {
        var tagSize = FieldNames.TagSize(field.Number);
        var local = Local(field);
        switch (field.Cardinality)
        {
            case Cardinality.Map:
                _code.Open($"for (var i = 0; i < {local}.Count; i++)");
                if (field.IsMessage())
                {
                    _code.Line($"{local}.ValueAt(i).MeasureSize();");
                }

                _code.Line($"size += {tagSize} + {FieldNames.Space}ProtoSize.Prefixed(Size{field.Name}Entry({local}.KeyAt(i), {local}.ValueAt(i)));");
                _code.Close();
                break;
            case Cardinality.Packed:
                _code.Line($"size += {tagSize} + {FieldNames.Space}ProtoSize.Prefixed({local}.MeasurePacked());");
                break;
            case Cardinality.Repeated when field.IsMessage():
                _code.Open($"for (var i = 0; i < {local}.Count; i++)");
                _code.Line($"size += {tagSize} + {FieldNames.Space}ProtoSize.Prefixed({local}[i].MeasureSize());");
                _code.Close();
                break;
            case Cardinality.Repeated when field.Value.Kind.FixedSize() is > 0 and var fixedSize:
                _code.Line(field.WritePacked
                    ? $"size += {tagSize} + {FieldNames.Space}ProtoSize.Prefixed({fixedSize}L * {local}.Count);"
                    : $"size += {tagSize + fixedSize}L * {local}.Count;");
                break;
            case Cardinality.Repeated:
                var sum = NeedsSize(field) ? field.Size() : "size";
                _code.Line(NeedsSize(field) ? $"{sum} = 0;" : $"size += {tagSize}L * {local}.Count;");
                _code.Open($"foreach (var value in {local}.AsSpan())");
                _code.Line($"{sum} += {SizeOf(field.Value, "value")};");
                _code.Close();
                if (NeedsSize(field))
                {
                    _code.Line();
                    _code.Line($"size += {tagSize} + {FieldNames.Space}ProtoSize.Prefixed({sum});");
                }

                break;
            default:
                if (field.IsMessage())
                {
                    _code.Line($"{field.Store()}!.MeasureSize();");
                }

                _code.Line($"size += {tagSize} + {SizeOf(field.Value, Single(field))};");
                break;
        }
    }

    private static string Single(FieldModel field) =>
        field.Cardinality == Cardinality.Optional ? Local(field) : field.IsMessage() ? field.Store() + "!" : field.Store();

    private void EmitEntrySize(FieldModel field)
    {
        var key = field.Key!;
        _code.Line();
        _code.Line($"private static long Size{field.Name}Entry({key.Type} key, {field.Value.Type} value) =>");
        _code.Line($"    ({key.IsSet("key")} ? 1 + {SizeOf(key, "key")} : 0)");
        _code.Line(field.IsMessage()
            ? $"    + 1 + {SizeOf(field.Value, "value")};"
            : $"    + ({field.Value.IsSetInEntry("value")} ? 1 + {SizeOf(field.Value, "value")} : 0);");
    }

    private void EmitWrite()
    {
        _code.Line();
        _code.Line("/// <inheritdoc/>");
        _code.Open($"public void WriteTo(ref {FieldNames.Space}ProtoWriter writer)");
        var first = true;
        foreach (var field in model.Fields)
        {
            if (!first)
            {
                _code.Line();
            }

            first = false;
            _code.Open(Condition(field));
            EmitWrite(field);
            _code.Close();
        }

        _code.Close();
    }

    private void EmitWrite(FieldModel field)
    {
        var local = Local(field);
        var tag = FieldNames.Tag(field.Number, field.Value.Kind.WireType());
        var blockTag = FieldNames.Tag(field.Number, 2);
        switch (field.Cardinality)
        {
            case Cardinality.Map:
                _code.Open($"for (var i = 0; i < {local}.Count; i++)");
                var key = field.Key!;
                _code.Line($"var key = {local}.KeyAt(i);");
                _code.Line($"var value = {local}.ValueAt(i);");
                _code.Line($"writer.WriteTag({blockTag}u);");
                _code.Line($"writer.WriteLength(Size{field.Name}Entry(key, value));");
                _code.Open($"if ({key.IsSet("key")})");
                EmitWriteValue(FieldNames.Tag(1, key.Kind.WireType()), key, "key");
                _code.Close();
                _code.Line();
                if (field.IsMessage())
                {
                    EmitWriteValue(FieldNames.Tag(2, 2), field.Value, "value");
                }
                else
                {
                    _code.Open($"if ({field.Value.IsSetInEntry("value")})");
                    EmitWriteValue(FieldNames.Tag(2, field.Value.Kind.WireType()), field.Value, "value");
                    _code.Close();
                }

                _code.Close();
                break;
            case Cardinality.Packed:
                _code.Line($"writer.WriteTag({blockTag}u);");
                _code.Line($"{local}.WritePacked(ref writer);");
                break;
            case Cardinality.Repeated when field.IsMessage():
                _code.Open($"for (var i = 0; i < {local}.Count; i++)");
                EmitWriteValue(tag, field.Value, $"{local}[i]");
                _code.Close();
                break;
            case Cardinality.Repeated when field.WritePacked:
                _code.Line($"writer.WriteTag({blockTag}u);");
                _code.Line($"writer.WriteLength({(NeedsSize(field) ? field.Size() : $"{field.Value.Kind.FixedSize()}L * {local}.Count")});");
                _code.Open($"foreach (var value in {local}.AsSpan())");
                _code.Line($"writer.Write{field.Value.Kind.Suffix()}({field.Value.Raw("value")});");
                _code.Close();
                break;
            case Cardinality.Repeated:
                _code.Open($"foreach (var value in {local}.AsSpan())");
                EmitWriteValue(tag, field.Value, "value");
                _code.Close();
                break;
            default:
                EmitWriteValue(tag, field.Value, Single(field));
                break;
        }
    }

    private void EmitWriteValue(uint tag, ValueModel value, string expression)
    {
        _code.Line($"writer.WriteTag({tag}u);");
        if (value.Kind == ScalarKind.Message)
        {
            var target = expression.TrimEnd('!');
            _code.Line($"writer.WriteLength({expression}.MeasuredSize);");
            _code.Line($"{target}.WriteTo(ref writer);");
        }
        else
        {
            _code.Line($"writer.Write{value.Kind.Suffix()}({value.Raw(expression)});");
        }
    }
}
