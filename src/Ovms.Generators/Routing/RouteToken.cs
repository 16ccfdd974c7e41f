using System;

namespace Ovms.Generators.Routing;

/// <summary>Which bytes a parameter takes.</summary>
internal enum ParameterClass
{
    None,
    Name,
    Segment,
    Digits,
    Word,
}

/// <summary>Text or a parameter of a route pattern.</summary>
/// <param name="Text">The text, or the parameter's name.</param>
/// <param name="Class">The parameter's class; <see cref="ParameterClass.None"/> for text.</param>
internal sealed record RouteToken(string Text, ParameterClass Class)
{
    public bool IsParameter => Class != ParameterClass.None;

    public static RouteToken Literal(string text) => new(text, ParameterClass.None);

    /// <summary>Reads <c>name</c> or <c>name:class</c>.</summary>
    public static bool TryParameter(string text, out RouteToken token)
    {
        var colon = text.IndexOf(':');
        var name = colon < 0 ? text : text.Substring(0, colon);
        var parameterClass = colon < 0
            ? ParameterClass.Name
            : text.Substring(colon + 1) switch
            {
                "segment" => ParameterClass.Segment,
                "digits" => ParameterClass.Digits,
                "word" => ParameterClass.Word,
                _ => ParameterClass.None,
            };
        token = new RouteToken(name, parameterClass);
        var valid = name.Length > 0 && char.IsLetter(name[0]);
        foreach (var c in name)
        {
            valid &= c < 128 && char.IsLetterOrDigit(c);
        }

        return valid && parameterClass != ParameterClass.None;
    }

    /// <summary>Whether a parameter of this class could take the byte.</summary>
    public static bool IsOfClass(ParameterClass parameterClass, char c) => parameterClass switch
    {
        ParameterClass.Name => c is not ('/' or ':'),
        ParameterClass.Segment => c != '/',
        ParameterClass.Digits => c is >= '0' and <= '9',
        ParameterClass.Word => c is >= '0' and <= '9' or >= 'A' and <= 'Z' or >= 'a' and <= 'z' or '_',
        _ => throw new ArgumentOutOfRangeException(nameof(parameterClass)),
    };
}
