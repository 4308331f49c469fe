"""Makes the bundled sample: a data set of short reviews written by a grammar, and a tiny BERT pretrained on such text.

Run: pip install -r test/fixtures/generate/requirements.txt && python public/sample/make_sample.py
Writes reviews.csv and model/ beside this file. Fixed seeds; about ten minutes on two CPU cores.

The reviews are not by people. A grammar picks a subject (a restaurant, a hotel, a film, ...), aspects of it, opinions,
invented names and turns of phrase; the label is the subject. Some reviews mention an aspect of another subject, some
say little, and one in fifty carries a wrong label, as real data does.
"""

import csv
import json
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForPreTraining, BertModel, BertTokenizerFast, set_seed

HERE = Path(__file__).parent
ROWS = 1600
NOISE = 0.02
PAIRS = 40_000
MAX_LENGTH = 48

DOMAINS = {
    "restaurant": (["the soup", "the bread", "the waiter", "our table", "the menu", "the dessert", "the wine list", "the kitchen"],
                   "we ate at {name} on a {day}", "dinner at {name}"),
    "hotel": (["the room", "the bed", "the breakfast", "the front desk", "the view", "the shower", "the lift", "the pillow"],
              "we stayed two nights at {name}", "our stay at {name}"),
    "film": (["the plot", "the lead actor", "the music", "the ending", "the dialogue", "the camera work", "the pacing", "the script"],
             "we watched {name} on a {day}", "an evening with {name}"),
    "phone": (["the screen", "the battery", "the camera", "the speaker", "the software", "the charger", "the case", "the keyboard"],
              "i bought the {name} last {month}", "a month with the {name}"),
    "book": (["the first chapter", "the hero", "the prose", "the translation", "the cover", "the last page", "the villain", "the humour"],
             "i read {name} in {month}", "reading {name}"),
    "course": (["the teacher", "the homework", "the slides", "the pace", "the exam", "the group work", "the reading list", "the lab"],
               "i took the course with {name}", "a term with {name}"),
    "trip": (["the guide", "the bus", "the boat", "the food", "the group", "the itinerary", "the weather plan", "the lunch stop"],
             "we joined the {name} tour in {month}", "the {name} tour"),
    "app": (["the search", "the sign in", "the map", "the update", "the layout", "the help page", "the sync", "the dark mode"],
            "i have used {name} since {month}", "a week of {name}"),
}
GOOD = ("lovely delightful excellent warm charming generous clever fresh smooth bright superb friendly crisp gentle reliable "
        "wonderful thoughtful spotless elegant quick tasty comfortable honest brilliant polite").split()
BAD = ("dull awful rude stale broken cold noisy clumsy slow dirty greasy bland confusing careless flimsy tedious shabby "
       "overpriced unreliable sour cramped lazy dreadful messy hopeless").split()
PRAISE = ["i would come back tomorrow", "we left smiling", "worth every coin", "my friends were jealous", "a real joy",
          "it made our week", "i keep telling people about it", "better than we had hoped", "we felt at home"]
BLAME = ["i want my money back", "we left early", "never again", "a waste of an evening", "my friends laughed at us",
         "it ruined our week", "i keep warning people about it", "worse than we had feared", "we felt cheated"]
PLAIN = ["it was raining that day", "it is near the old station", "we went with my cousin", "the door is painted green",
         "there is a second one across town", "they open at nine", "my sister found it online", "it costs about the same as others",
         "we arrived a little after noon", "the sign outside is new", "it took us twenty minutes to get there"]
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()
SYLLABLES = ("ba ben cor dal do el fa fen gar hol is jo ka kel lam lo mar mi nor o pel quin ra ros sa sel ta tor ul ven wi yor za zen "
             "bri cla dro fri gla kro pli sto tri vra").split()


def make_name(rng: random.Random) -> str:
    name = "".join(rng.choice(SYLLABLES) for _ in range(rng.choice([2, 2, 3])))
    return f"{name} {rng.randint(2, 12)}" if rng.random() < 0.1 else name


def opinion(rng: random.Random, aspect: str, positive: bool) -> str:
    same, other = (GOOD, BAD) if positive else (BAD, GOOD)
    word, opposite = rng.choice(same), rng.choice(other)
    plain = [f"{aspect} was {word}", f"{aspect} was really {word}", f"{aspect} felt {word} from the start",
             f"{aspect} was {word} and {rng.choice(same)}", f"everyone found {aspect} {word}"]
    turned = [f"{aspect} was not {opposite} at all", f"i would not call {aspect} {opposite}",
              f"{aspect} looked {opposite} at first but turned out {word}"]
    return rng.choice(turned if rng.random() < 0.2 else plain)


def make_parts(rng: random.Random, domain: str) -> list[str]:
    """The clauses of a review of the domain, in order."""
    aspects, opening, noun = DOMAINS[domain]
    positive = rng.random() < 0.5
    name = make_name(rng)
    fill = lambda text: text.format(name=name, day=rng.choice(DAYS), month=rng.choice(MONTHS))
    parts = [fill(opening)] if rng.random() < 0.5 else []
    chosen = rng.sample(aspects, rng.choice([1, 1, 2]))
    parts.extend(opinion(rng, aspect, positive) for aspect in chosen)
    if rng.random() < 0.12:
        # A word about something else altogether.
        other = rng.choice(DOMAINS[rng.choice([name for name in DOMAINS if name != domain])][0])
        parts.append("unlike " + opinion(rng, other, not positive))
    if rng.random() < 0.4:
        parts.insert(rng.randint(0, len(parts)), rng.choice(PLAIN))
    if rng.random() < 0.7:
        parts.append(rng.choice(PRAISE if positive else BLAME))
    elif rng.random() < 0.3:
        parts.append(f"{fill(noun)} was {rng.choice(GOOD if positive else BAD)} overall")
    return parts


def make_review(rng: random.Random, domain: str) -> str:
    return ", ".join(make_parts(rng, domain)) + rng.choice([".", ".", "!", ""])


def make_pair(rng: random.Random) -> tuple[str, str, int]:
    """A review cut in two, and whether its second half belongs: a wrong one is taken from another review."""
    domain, wrong = rng.choice(list(DOMAINS)), rng.random() < 0.5
    first = make_parts(rng, domain)
    second = make_parts(rng, rng.choice(list(DOMAINS)) if wrong else domain)
    return ", ".join(first), ", ".join(second), int(wrong)


def make_rows() -> list[tuple[str, str]]:
    rng = random.Random(2026)
    rows, seen = [], set()
    while len(rows) < ROWS:
        domain = rng.choice(list(DOMAINS))
        text = make_review(rng, domain)
        if text in seen:
            continue
        seen.add(text)
        rows.append((text, rng.choice(list(DOMAINS)) if rng.random() < NOISE else domain))
    return rows


def make_tokenizer(lines: list[str]) -> BertTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=6000, min_frequency=2, special_tokens=special,
                                                                   initial_alphabet=list("abcdefghijklmnopqrstuvwxyz0123456789")))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=256)


def pretrain(pairs: list[tuple[str, str, int]], tokenizer: BertTokenizerFast, steps: int = 700, batch: int = 48) -> BertModel:
    """BERT's two tasks: masked words, and whether the second segment belongs to the first."""
    config = BertConfig(vocab_size=len(tokenizer), hidden_size=128, num_hidden_layers=2, num_attention_heads=4,
                        intermediate_size=512, max_position_embeddings=256, hidden_dropout_prob=0.05,
                        attention_probs_dropout_prob=0.05)
    model = BertForPreTraining(config).train()
    firsts, seconds, wrong = zip(*pairs)
    encoded = tokenizer(list(firsts), list(seconds), truncation=True, max_length=MAX_LENGTH, padding="max_length", return_tensors="pt")
    wrong = torch.tensor(wrong)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.06)
    for step in range(steps):
        rows = torch.randint(0, len(pairs), (batch,))
        width = int(encoded["attention_mask"][rows].sum(1).max())
        ids, mask, types = (encoded[name][rows][:, :width] for name in ("input_ids", "attention_mask", "token_type_ids"))
        inputs, labels = mask_words(ids, tokenizer)
        output = model(input_ids=inputs, attention_mask=mask, token_type_ids=types, labels=labels, next_sentence_label=wrong[rows])
        optimizer.zero_grad()
        output.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            right = (output.seq_relationship_logits.argmax(-1) == wrong[rows]).float().mean()
            print(f"step {step} loss {output.loss.item():.3f}, belongs or not: {right:.2f} right", flush=True)
    return model.bert


def mask_words(ids: torch.Tensor, tokenizer: BertTokenizerFast) -> tuple[torch.Tensor, torch.Tensor]:
    inputs = ids.clone()
    chosen = (torch.rand(ids.shape) < 0.15) & (ids > 4)
    draw = torch.rand(ids.shape)
    inputs[chosen & (draw < 0.8)] = tokenizer.mask_token_id
    other = chosen & (draw >= 0.8) & (draw < 0.9)
    inputs[other] = torch.randint(5, len(tokenizer), (int(other.sum()),))
    return inputs, torch.where(chosen, ids, -100)


def main() -> None:
    set_seed(2026)
    rows = make_rows()
    with open(HERE / "reviews.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("text", "label"), *rows])
    # The reviews of the data set are kept out of the text it is pretrained on.
    rng, held_out = random.Random(7), {text for text, _ in rows}
    pairs = [make_pair(rng) for _ in range(PAIRS)]
    pairs = [pair for pair in pairs if pair[0] not in held_out]
    tokenizer = make_tokenizer([f"{first}, {second}" for first, second, _ in pairs])
    print(f"{len(pairs)} pairs, vocabulary {len(tokenizer)}", flush=True)
    encoder = pretrain(pairs, tokenizer)
    # Fine-tuning uses BERT's usual dropout.
    encoder.config.hidden_dropout_prob = encoder.config.attention_probs_dropout_prob = 0.1
    encoder.half().save_pretrained(HERE / "model")
    tokenizer.save_pretrained(HERE / "model")
    print(json.dumps({"parameters": sum(p.numel() for p in encoder.parameters()), "vocabulary": len(tokenizer)}))


if __name__ == "__main__":
    main()
