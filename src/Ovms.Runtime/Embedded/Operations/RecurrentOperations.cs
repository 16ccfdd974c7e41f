using Ovms.Runtime.Embedded.Operations.Recurrent;

namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: recurrent cells and sequences (IR sheet §15.2).</summary>
internal static class RecurrentOperations
{
    public static void Register(OperationRegistry registry) => registry
        .Add("LSTMCell", 1, static node => new RecurrentLayer(node, RecurrentKind.Lstm, isSequence: false))
        .Add("LSTMCell", 4, static node => new RecurrentLayer(node, RecurrentKind.Lstm, isSequence: false))
        .Add("LSTMSequence", 5, static node => new RecurrentLayer(node, RecurrentKind.Lstm, isSequence: true))
        .Add("GRUCell", 3, static node => new RecurrentLayer(node, RecurrentKind.Gru, isSequence: false))
        .Add("GRUSequence", 5, static node => new RecurrentLayer(node, RecurrentKind.Gru, isSequence: true))
        .Add("RNNCell", 1, static node => new RecurrentLayer(node, RecurrentKind.Rnn, isSequence: false))
        .Add("RNNSequence", 5, static node => new RecurrentLayer(node, RecurrentKind.Rnn, isSequence: true));
}
