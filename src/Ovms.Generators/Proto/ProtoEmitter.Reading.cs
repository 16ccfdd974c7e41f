using Ovms.Generators.Proto.Model;

namespace Ovms.Generators.Proto;

internal sealed partial class ProtoEmitter
{
    private void EmitParse()
    {
        _code.Line();
        _code.Line("/// <summary>Clears the message and reads one from <paramref name=\"source\"/>, whose memory its slices refer to.</summary>");
        _code.Line("/// <returns>False for malformed bytes.</returns>");
        _code.Open("public bool TryParse(in global::System.Buffers.ReadOnlySequence<byte> source)");
        _code.Line("Clear();");
        _code.Line($"var reader = new {FieldNames.Space}ProtoReader(source, ref _scratch);");
        _code.Line("return TryMergeFrom(ref reader);");
        _code.Close();
        _code.Line();
        _code.Line("/// <summary>Clears the message and reads one from <paramref name=\"source\"/>; slices are copied.</summary>");
        _code.Line("/// <returns>False for malformed bytes.</returns>");
        _code.Open("public bool TryParse(global::System.ReadOnlySpan<byte> source)");
        _code.Line("Clear();");
        _code.Line($"var reader = new {FieldNames.Space}ProtoReader(source, ref _scratch);");
        _code.Line("return TryMergeFrom(ref reader);");
        _code.Close();
    }

    private void EmitMerge()
    {
        _code.Line();
        _code.Line("/// <inheritdoc/>");
        _code.Open($"public bool TryMergeFrom(ref {FieldNames.Space}ProtoReader reader)");
        _code.Open("while (reader.TryReadTag(out var tag))");
        _code.Open("switch (tag)");
        _code.Line("case 0:");
        _code.Line("    return true;");
        foreach (var field in model.Fields)
        {
            EmitCases(field);
        }

        EmitSkip("tag");
        _code.Close();
        _code.Close();
        _code.Line();
        _code.Line("return false;");
        _code.Close();
        foreach (var field in model.Fields)
        {
            if (field.Cardinality == Cardinality.Map)
            {
                EmitReadEntry(field);
            }
        }
    }

    private void EmitSkip(string tag)
    {
        _code.Line("default:");
        _code.Line($"    if (!reader.TrySkip({tag}))");
        _code.Line("    {");
        _code.Line("        return false;");
        _code.Line("    }");
        _code.Line();
        _code.Line("    break;");
    }

    private void EmitCases(FieldModel field)
    {
        var kind = field.Value.Kind;
        var tag = FieldNames.Tag(field.Number, kind.WireType());
        if (field.Cardinality == Cardinality.Map)
        {
            EmitCase(FieldNames.Tag(field.Number, 2));
            EmitFailUnless($"TryRead{field.Name}Entry(ref reader)");
        }
        else if (field.Cardinality == Cardinality.Packed)
        {
            EmitCase(FieldNames.Tag(field.Number, 2));
            EmitFailUnless($"{field.Name}.TryReadPacked(ref reader)");
            _code.Line("break;");
            _code.Close();
            EmitCase(tag);
            EmitFailUnless($"{field.Name}.TryReadUnpacked(ref reader, tag)");
        }
        else if (field.IsMessage())
        {
            EmitCase(tag);
            EmitFailUnless("reader.TryEnter(out var outer)");
            EmitFailUnless((field.Cardinality == Cardinality.Repeated ? $"{field.Name}.Add()" : $"Ensure{field.Name}()") + ".TryMergeFrom(ref reader)");
            _code.Line("reader.Leave(outer);");
        }
        else if (field.Cardinality == Cardinality.Repeated)
        {
            EmitRepeated(field, tag);
        }
        else
        {
            EmitCase(tag);
            EmitRead(field.Value);
            _code.Line($"{field.Store()} = {field.Value.Typed("value")};");
            if (field.Oneof is not null)
            {
                _code.Line($"{FieldNames.CaseStore(field.Oneof)} = {field.CaseValue()};");
            }
        }

        _code.Line("break;");
        _code.Close();
    }

    private void EmitRepeated(FieldModel field, uint tag)
    {
        if (field.Value.Kind.IsPackable())
        {
            EmitCase(FieldNames.Tag(field.Number, 2));
            EmitFailUnless("reader.TryEnterPacked(out var outer)");
            _code.Open("while (!reader.AtEnd)");
            EmitRead(field.Value);
            _code.Line($"{field.Name}.Add({field.Value.Typed("value")});");
            _code.Close();
            _code.Line();
            _code.Line("reader.LeavePacked(outer);");
            _code.Line("break;");
            _code.Close();
        }

        EmitCase(tag);
        EmitRead(field.Value);
        _code.Line($"{field.Name}.Add({field.Value.Typed("value")});");
    }

    private void EmitCase(uint tag)
    {
        _code.Line($"case {tag}u:");
        _code.Open();
    }

    private void EmitRead(ValueModel value) => EmitFailUnless($"reader.TryRead{value.Kind.Suffix()}(out var value)");

    private void EmitFailUnless(string condition)
    {
        _code.Open($"if (!{condition})");
        _code.Line("return false;");
        _code.Close();
        _code.Line();
    }

    private void EmitReadEntry(FieldModel field)
    {
        var (key, value) = (field.Key!, field.Value);
        _code.Line();
        _code.Open($"private bool TryRead{field.Name}Entry(ref {FieldNames.Space}ProtoReader reader)");
        EmitFailUnless("reader.TryEnter(out var outer)");
        _code.Line($"ref var entry = ref {field.Name}.Reserve();");
        _code.Line($"entry.Key = {key.Default()};");
        _code.Line(field.IsMessage() ? "(entry.Value ??= new()).Clear();" : $"entry.Value = {value.Default()};");
        _code.Open("while (true)");
        EmitFailUnless("reader.TryReadTag(out var tag)");
        _code.Open("if (tag == 0)");
        _code.Line("break;");
        _code.Close();
        _code.Line();
        _code.Open("switch (tag)");
        EmitCase(FieldNames.Tag(1, key.Kind.WireType()));
        EmitRead(key);
        _code.Line($"entry.Key = {key.Typed("value")};");
        _code.Line("break;");
        _code.Close();
        EmitCase(FieldNames.Tag(2, value.Kind.WireType()));
        if (field.IsMessage())
        {
            EmitFailUnless("reader.TryEnter(out var entryEnd)");
            _code.Line("entry.Value.Clear();");
            EmitFailUnless("entry.Value.TryMergeFrom(ref reader)");
            _code.Line("reader.Leave(entryEnd);");
        }
        else
        {
            EmitRead(value);
            _code.Line($"entry.Value = {value.Typed("value")};");
        }

        _code.Line("break;");
        _code.Close();
        EmitSkip("tag");
        _code.Close();
        _code.Close();
        _code.Line();
        _code.Line("reader.Leave(outer);");
        _code.Line($"{field.Name}.Commit();");
        _code.Line("return true;");
        _code.Close();
    }
}
