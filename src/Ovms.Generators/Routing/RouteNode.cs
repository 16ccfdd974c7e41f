using System;
using System.Collections.Generic;
using System.Linq;

namespace Ovms.Generators.Routing;

/// <summary>A node of the prefix tree over route patterns. Edges are tried in the order in which patterns brought them, with backtracking:
/// the first pattern (and of a pattern the way with most optional parts) wins.</summary>
internal sealed class RouteNode
{
    private RouteNode(RouteToken token)
    {
        Token = token;
    }

    /// <summary>What leads here from the parent; empty text for the root.</summary>
    public RouteToken Token { get; private set; }

    /// <summary>Edges onwards.</summary>
    public List<RouteNode> Children { get; private set; } = new();

    /// <summary>Endpoint names by verb for paths that end here.</summary>
    public List<KeyValuePair<string, string>> Ends { get; private set; } = new();

    public static RouteNode Root() => new(RouteToken.Literal(string.Empty));

    /// <summary>Adds a way to match; false when the verb has an endpoint for exactly these paths already, the <paramref name="existing"/> one.</summary>
    public bool TryAdd(IReadOnlyList<RouteToken> tokens, string verb, string endpoint, out string? existing)
    {
        var node = this;
        foreach (var token in tokens)
        {
            node = token.IsParameter ? node.Parameter(token) : node.Text(token.Text);
        }

        existing = node.Ends.FirstOrDefault(end => end.Key == verb).Value;
        if (existing is not null)
        {
            return false;
        }

        node.Ends.Add(new KeyValuePair<string, string>(verb, endpoint));
        return true;
    }

    private RouteNode Parameter(RouteToken token)
    {
        var child = Children.FirstOrDefault(c => c.Token == token);
        if (child is null)
        {
            child = new RouteNode(token);
            Children.Add(child);
        }

        return child;
    }

    private RouteNode Text(string text)
    {
        var child = Children.FirstOrDefault(c => !c.Token.IsParameter && c.Token.Text[0] == text[0]);
        if (child is null)
        {
            child = new RouteNode(RouteToken.Literal(text));
            Children.Add(child);
            return child;
        }

        var common = 0;
        var own = child.Token.Text;
        while (common < Math.Min(own.Length, text.Length) && own[common] == text[common])
        {
            common++;
        }

        if (common < own.Length)
        {
            child.Split(common);
        }

        return common == text.Length ? child : child.Text(text.Substring(common));
    }

    private void Split(int length)
    {
        var rest = new RouteNode(RouteToken.Literal(Token.Text.Substring(length))) { Children = Children, Ends = Ends };
        Token = RouteToken.Literal(Token.Text.Substring(0, length));
        Children = new List<RouteNode> { rest };
        Ends = new List<KeyValuePair<string, string>>();
    }
}
