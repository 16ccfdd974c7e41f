using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>A parsed equation: labels of each operand and of the result; <see cref="Ellipsis"/> stands for any number of axes.</summary>
internal sealed class EinsumEquation
{
    /// <summary>The label that stands for <c>...</c>.</summary>
    public const char Ellipsis = '.';

    private EinsumEquation(string[] operands, string output)
    {
        (Operands, Output) = (operands, output);
    }

    /// <summary>Labels of the operands.</summary>
    public string[] Operands { get; }

    /// <summary>Labels of the result.</summary>
    public string Output { get; }

    /// <summary>Parses an equation (IR sheet §15.1).</summary>
    /// <exception cref="Errors.ModelLoadException">It is not well formed.</exception>
    public static EinsumEquation Parse(GraphNode node, string text)
    {
        var arrow = text.IndexOf("->", StringComparison.Ordinal);
        var operands = Array.ConvertAll((arrow < 0 ? text : text[..arrow]).Split(','), part => Labels(node, text, part));
        var output = arrow < 0 ? Implicit(operands) : Labels(node, text, text[(arrow + 2)..]);
        for (var i = 0; i < output.Length; i++)
        {
            if (output.IndexOf(output[i], i + 1) >= 0 || (output[i] != Ellipsis && !Array.Exists(operands, operand => operand.Contains(output[i]))))
            {
                throw node.Error($"equation \"{text}\": label {output[i]} of the result");
            }
        }

        return new EinsumEquation(operands, output);
    }

    // Without an arrow: the ellipsis, then labels that occur once, in alphabetical order.
    private static string Implicit(string[] operands)
    {
        var all = string.Concat(operands);
        var once = all.Where(label => label != Ellipsis && all.IndexOf(label) == all.LastIndexOf(label)).Order();
        return (all.Contains(Ellipsis) ? "." : "") + string.Concat(once);
    }

    private static string Labels(GraphNode node, string equation, string part)
    {
        var labels = part.Replace("...", ".", StringComparison.Ordinal);
        if (labels.Count(static label => label == Ellipsis) > 1 || !labels.All(static label => char.IsAsciiLetter(label) || label == Ellipsis)
            || (part.Contains('.') && !part.Contains("...", StringComparison.Ordinal)))
        {
            throw node.Error($"equation \"{equation}\" is not well formed");
        }

        return labels;
    }
}
