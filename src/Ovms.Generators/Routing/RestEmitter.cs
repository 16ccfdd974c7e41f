using System;
using System.Collections.Generic;
using System.Linq;
using Ovms.Generators.Common;
using Ovms.Generators.Routing.Model;

namespace Ovms.Generators.Routing;

/// <summary>Emits matcher and dispatch of a class of REST endpoints: the prefix tree as nested comparisons, tried in order with backtracking.</summary>
internal static class RestEmitter
{
    private const string Routing = "global::" + RoutingParser.Namespace;
    private const string Bytes = "global::System.ReadOnlySpan<byte>";

    public static string Emit(EndpointClass model)
    {
        var writer = new CodeWriter();
        GrpcEmitter.Header(writer, model);
        writer.Open($"partial class {model.Name}");
        EmitTypes(writer, model);
        var root = RouteNode.Root();
        var leadRoot = RouteNode.Root();
        foreach (var method in model.Methods)
        {
            foreach (var route in method.Routes)
            {
                var pattern = RoutePattern.TryParse(route.Pattern, out _)!;
                foreach (var way in pattern.Ways)
                {
                    (pattern.HasOptionalLead ? leadRoot : root).TryAdd(way, route.Verb, MemberName(method.Name), out _);
                }
            }
        }

        EmitMatch(writer, root, leadRoot);
        EmitDispatch(writer, model);
        EmitTree(writer, "MatchPath", root);
        EmitTree(writer, "MatchAfterLead", leadRoot);
        writer.Close();
        return writer.ToString();
    }

    /// <summary>Name of the enumeration member of an endpoint method: without <c>Async</c>.</summary>
    private static string MemberName(string method) =>
        method.EndsWith("Async", StringComparison.Ordinal) && method.Length > 5 ? method.Substring(0, method.Length - 5) : method;

    private static string Capitalized(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);

    private static void EmitTypes(CodeWriter writer, EndpointClass model)
    {
        writer.Line("/// <summary>Endpoints of this class.</summary>");
        writer.Open("internal enum Route");
        writer.Line("None = 0,");
        foreach (var method in model.Methods)
        {
            foreach (var route in method.Routes)
            {
                writer.Line($"/// <remarks><c>{route.Verb} {Escape(route.Pattern)}</c></remarks>");
            }

            writer.Line(MemberName(method.Name) + ",");
        }

        writer.Close();
        writer.Line();
        writer.Line("/// <summary>Parameters of a matched path; absent ones have length 0.</summary>");
        writer.Open("internal struct RouteValues");
        var names = model.Methods.SelectMany(static m => m.Routes)
            .SelectMany(static r => RoutePattern.TryParse(r.Pattern, out _)!.Ways[0])
            .Where(static t => t.IsParameter)
            .Select(static t => t.Text)
            .Distinct();
        foreach (var name in names)
        {
            writer.Line($"public {Routing}.RouteSlice {Capitalized(name)};");
        }

        writer.Close();
        writer.Line();
    }

    private static void EmitMatch(CodeWriter writer, RouteNode root, RouteNode leadRoot)
    {
        writer.Line("/// <summary>Finds the endpoint of a verb and a raw path (percent-encoded, without query).</summary>");
        writer.Open($"internal static {Routing}.RouteOutcome Match({Bytes} verb, {Bytes} path, out Route route, out RouteValues values)");
        writer.Line("values = default;");
        writer.Line("var known = false;");
        writer.Line("route = Route.None;");
        if (leadRoot.Children.Count > 0)
        {
            writer.Open("if (path.Length > 0 && MatchAfterLead(verb, path, 1, ref route, ref values, ref known) || MatchAfterLead(verb, path, 0, ref route, ref values, ref known))");
            writer.Line($"return {Routing}.RouteOutcome.Matched;");
            writer.Close();
            writer.Line();
        }

        if (root.Children.Count > 0)
        {
            writer.Open("if (MatchPath(verb, path, 0, ref route, ref values, ref known))");
            writer.Line($"return {Routing}.RouteOutcome.Matched;");
            writer.Close();
            writer.Line();
        }

        writer.Line($"return known ? {Routing}.RouteOutcome.WrongVerb : {Routing}.RouteOutcome.NoSuchPath;");
        writer.Close();
        writer.Line();
    }

    private static void EmitDispatch(CodeWriter writer, EndpointClass model)
    {
        if (model.Methods.Count == 0)
        {
            return;
        }

        var first = model.Methods[0];
        var modifier = model.Methods.All(static m => m.IsStatic) ? "static " : string.Empty;
        writer.Line("/// <summary>Runs a matched endpoint.</summary>");
        writer.Open($"internal {modifier}{first.ReturnType} Dispatch({string.Join(", ", first.Parameters.Prepend("Route route"))})");
        writer.Open("switch (route)");
        foreach (var method in model.Methods)
        {
            // The arguments carry the first method's names: the signatures are equal but for names.
            var call = $"{method.Name}({string.Join(", ", first.Arguments)});";
            writer.Line($"case Route.{MemberName(method.Name)}:");
            writer.Line(first.ReturnType == "void" ? $"    {call}" : $"    return {call}");
            if (first.ReturnType == "void")
            {
                writer.Line("    return;");
            }
        }

        writer.Line("default:");
        writer.Line("    throw new global::System.ArgumentOutOfRangeException(nameof(route));");
        writer.Close();
        writer.Close();
    }

    private static void EmitTree(CodeWriter writer, string name, RouteNode root)
    {
        if (root.Children.Count == 0)
        {
            return;
        }

        writer.Line();
        writer.Open($"private static bool {name}({Bytes} verb, {Bytes} path, int p0, ref Route route, ref RouteValues values, ref bool known)");
        foreach (var child in root.Children)
        {
            EmitNode(writer, child, 0);
        }

        writer.Line("return false;");
        writer.Close();
    }

    private static void EmitNode(CodeWriter writer, RouteNode node, int depth)
    {
        var from = "p" + depth;
        if (node.Token.IsParameter)
        {
            var field = "values." + Capitalized(node.Token.Text);
            var end = $"end{depth}{node.Token.Class}{Capitalized(node.Token.Text)}";
            writer.Line($"var {end} = {Routing}.RouteText.EndOf{node.Token.Class}(path, {from});");
            writer.Open($"if ({end} > {from})");
            writer.Line($"{field} = new {Routing}.RouteSlice({from}, {end} - {from});");
            EmitBelow(writer, node, end, depth + 1);
            writer.Line($"{field} = default;");
        }
        else
        {
            writer.Open($"if (global::System.MemoryExtensions.StartsWith(path.Slice({from}), \"{node.Token.Text}\"u8))");
            EmitBelow(writer, node, $"{from} + {node.Token.Text.Length}", depth + 1);
        }

        writer.Close();
        writer.Line();
    }

    private static void EmitBelow(CodeWriter writer, RouteNode node, string end, int depth)
    {
        writer.Line($"var p{depth} = {end};");
        if (node.Ends.Count > 0)
        {
            writer.Open($"if (p{depth} == path.Length)");
            foreach (KeyValuePair<string, string> target in node.Ends)
            {
                writer.Open($"if (global::System.MemoryExtensions.SequenceEqual(verb, \"{target.Key}\"u8))");
                writer.Line($"route = Route.{target.Value};");
                writer.Line("return true;");
                writer.Close();
                writer.Line();
            }

            writer.Line("known = true;");
            writer.Close();
            writer.Line();
        }

        foreach (var child in node.Children)
        {
            EmitNode(writer, child, depth);
        }
    }

    private static string Escape(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
}
